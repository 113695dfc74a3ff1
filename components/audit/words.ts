/** How entries of the audit log read. */
import { type AuditEntry, REASON_WORDS, sentenceOf } from '#server/audit/model'
import { globalId } from '../ids'
import { userPath } from '../users/paths'

const ACTORS: Record<string, string> = {
  server: 'the server',
  commandLine: 'the command line',
  anonymous: 'nobody signed in',
  adminSecret: 'the admin secret',
  systemKey: 'a system key',
  open: 'anybody: authentication is off',
}

const ACTOR_KINDS: Record<string, string> = {
  ...ACTORS,
  session: 'somebody in the browser',
  userKey: 'a key of a person',
}

/** What happened. */
export const whatOf = (entry: AuditEntry): string => sentenceOf(entry.action, entry.outcome)

/** Why it failed, in words; null for what succeeded. */
export const whyOf = ({ reason }: AuditEntry): string | null =>
  reason === null ? null : (REASON_WORDS[reason] ?? reason)

/** Who did it: a name, an account, or what acts without one. */
export function whoOf({ actor_name, actor, actor_kind, erased }: AuditEntry): string {
  return actor_name ?? (erased && actor ? actor : (ACTORS[actor_kind] ?? actor ?? actor_kind))
}

/** By what means. */
export const kindOf = ({ actor_kind }: AuditEntry): string => ACTOR_KINDS[actor_kind] ?? actor_kind

/** What it was done to; null for nothing in particular. */
export const whomOf = ({ target_name, target }: AuditEntry): string | null => target_name || target

/** The page of what an id such as `User:3` names, where there is one. */
export function pathOf(id: string | null, name: string | null): string | null {
  const [type, row] = (id ?? '').split(':')
  if (type === 'User' && row) return userPath(globalId('User', Number(row)))
  if (type === 'ApiKey') return `/settings/api-keys${name ? `?search=${encodeURIComponent(name)}` : ''}`
  if (type === 'Secret') return '/settings/secrets'
  return null
}
