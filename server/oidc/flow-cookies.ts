/** The sealed cookies of a sign-in that is under way at a provider: Auth.js makes them, we look into them before it does. */
import { createHmac } from 'node:crypto'
import { decode } from '@auth/core/jwt'
import { readCookie } from '#server/auth/cookies'
import type { Config } from '#server/config/model'
import { secretsOf } from '#server/secrets/secrets'

/** What Auth.js seals its cookies with: made from our secrets, and not our secrets. */
export function flowSecrets({ auth }: Pick<Config, 'auth'>): string[] {
  return secretsOf(auth).map((secret) => createHmac('sha256', secret).update('oauth2 cookies').digest('hex'))
}

/** A cookie's value, and the name of the provider that it was made for. */
export interface OpenedCookie {
  value: string
  provider: string
}

/** What a cookie holds; null when it is missing, over, or not of our making. */
export async function openFlowCookie(
  config: Pick<Config, 'auth'>,
  header: string | null,
  name: string,
): Promise<OpenedCookie | null> {
  const token = readCookie(header, name)
  if (token === null) return null
  try {
    const opened = await decode<{ value?: unknown; provider?: unknown }>({
      token,
      secret: flowSecrets(config),
      salt: name,
    })
    const { value, provider } = opened ?? {}
    return typeof value === 'string' && typeof provider === 'string' ? { value, provider } : null
  } catch {
    return null
  }
}
