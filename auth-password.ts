/**
 * The credentials providers of Auth.js, for sign-ins with a password that somebody else knows. Like auth.ts it has no
 * route of its own: handlers below app/auth call it, and make our session of the outcome.
 */
import { Auth, type AuthConfig, raw, skipCSRFCheck } from '@auth/core'
import Credentials from 'next-auth/providers/credentials'
import type { Config } from '#server/config/model'
import { flowSecrets } from '#server/oidc/flow-cookies'

/** Auth.js reads only paths below it; the host is never seen. */
const HERE = 'https://here.invalid'
const BASE_PATH = '/auth'

/**
 * Lets somebody in by the provider `ldap`. What was typed stays with `admit`, which does the work.
 * @throws whatever `admit` throws
 */
export async function enterByDirectory<T>(config: Config, admit: () => Promise<T>): Promise<T> {
  const outcome: { admitted?: { value: T }; thrown?: unknown } = {}
  const authorize = async () => {
    try {
      outcome.admitted = { value: await admit() }
      return { id: 'admitted' }
    } catch (error) {
      // Auth.js wraps whatever is thrown below it, and says less than it was told.
      outcome.thrown = error
      throw error
    }
  }
  const request = new Request(`${HERE}${BASE_PATH}/callback/ldap`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
  })
  try {
    await Auth(request, authConfig(config, authorize))
  } catch (error) {
    throw outcome.thrown ?? error
  }
  if (!outcome.admitted) throw outcome.thrown ?? new Error('Auth.js did not ask the provider')
  return outcome.admitted.value
}

function authConfig(config: Config, authorize: () => Promise<{ id: string }>): AuthConfig {
  return {
    raw,
    skipCSRFCheck,
    trustHost: true,
    basePath: BASE_PATH,
    secret: flowSecrets(config),
    providers: [Credentials({ id: 'ldap', name: 'LDAP', credentials: {}, authorize })],
    session: { strategy: 'jwt' },
    // No session of Auth.js: ours is made by then.
    callbacks: { jwt: () => null, redirect: ({ baseUrl }) => baseUrl },
    // Whatever goes wrong is thrown, and logged where it is known what may be said of it.
    logger: { error: () => {}, warn: () => {}, debug: () => {} },
  }
}
