/**
 * Which host of a directory is asked: in the order of the settings, beginning with the one that worked last, or with the
 * one behind a host that did not.
 */
import type { Logger } from 'pino'
import type { LdapConfig } from '#server/config/model'
import type { Deadline } from '#server/ldap/deadline'
import { isLdapTrouble, LdapTrouble } from '#server/ldap/trouble'
import { authLogger } from '#server/log'

// On globalThis because Next gives each route its own copy of this module; by settings for the tests.
const LAST = Symbol.for('bennu.ldap.last-host')
const holder = globalThis as unknown as Record<symbol, WeakMap<LdapConfig, string> | undefined>

/** The hosts in the order in which they are asked now. */
export function hostsInTurn(ldap: LdapConfig): string[] {
  const last = holder[LAST]?.get(ldap)
  if (last === undefined) return [...ldap.hosts]
  return [last, ...ldap.hosts.filter((host) => host !== last)]
}

/**
 * Does the work on the first host that it goes well with. Only trouble with a host leads to the next: what a directory
 * answers is the answer, and a service account that one host refuses would be locked by trying it at all of them.
 * @throws LdapTrouble of the last host that was asked; whatever else `work` throws
 */
export async function onSomeHost<T>(
  { ldap, log, deadline }: { ldap: LdapConfig; log: Logger; deadline: Deadline },
  work: (host: string) => Promise<T>,
): Promise<T> {
  let last = new LdapTrouble('reach', 'timeout')
  for (const host of hostsInTurn(ldap)) {
    if (deadline.remainingMs() === 0) break
    try {
      const result = await work(host)
      remember(ldap, host)
      return result
    } catch (error) {
      if (!isLdapTrouble(error)) throw error
      const { step, reason, resultCode } = error
      authLogger(log).warn({ host, step, reason, resultCode }, 'trouble with a host of the directory')
      if (step === 'bind' && reason === 'credentials') throw error
      last = error
      // One that uses up the time of a whole sign-in must not stand before the others again.
      remember(ldap, hostBehind(ldap, host))
    }
  }
  throw last
}

function hostBehind({ hosts }: LdapConfig, host: string): string {
  return hosts[(hosts.indexOf(host) + 1) % hosts.length] ?? host
}

function remember(ldap: LdapConfig, host: string): void {
  holder[LAST] ??= new WeakMap()
  holder[LAST].set(ldap, host)
}
