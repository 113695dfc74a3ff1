/**
 * Compares the accounts of the directory with the directory, so that whoever is disabled, locked, gone or out of every
 * mapped group there loses this server within one interval, without having to sign in again first.
 */
import { and, asc, eq } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import type { LdapConfig } from '#server/config/model'
import { openForSearch } from '#server/ldap/client'
import { Deadline } from '#server/ldap/deadline'
import { onSomeHost } from '#server/ldap/hosts'
import { applySync } from '#server/ldap/sync-apply'
import { type AskedAccount, askDirectory, NoAnswer } from '#server/ldap/sync-ask'
import { type KnownAccount, planSync } from '#server/ldap/sync-decide'
import { claimSync, endSync, RENEW_MS, readSyncState, renewSync } from '#server/ldap/sync-lease'
import type { SyncReport, Verdict } from '#server/ldap/sync-model'
import { isLdapTrouble } from '#server/ldap/trouble'
import { troubleSentence } from '#server/ldap/trouble-words'
import { authLogger } from '#server/log'
import { clearNotice, type NewNotice, raiseNotice } from '#server/notices/notices'
import type { Role } from '#server/permissions'
import type { Runtime } from '#server/runtime'

const MINUTE_MS = 60_000
/** Longest that asking about everybody may take. */
const ASK_MS = 10 * MINUTE_MS
/** How often a replica looks whether it is time, at most. */
const LOOK_MS = 15_000
/** How long a comparison is waited for when the server stops; another replica, or the next start, does it again. */
const GRACE_MS = 2_000

type World = Pick<Runtime, 'db' | 'config' | 'clock' | 'log'>
type Account = KnownAccount & AskedAccount

const NOTHING: Omit<SyncReport, 'outcome'> = {
  compared: 0,
  disabled: 0,
  enabled: 0,
  changedRoles: 0,
  kept: 0,
  unclear: 0,
  wouldDisable: 0,
  fault: null,
}

/** Whether accounts are compared at all: it takes an account of the directory that may search. */
export function comparesAccounts({ auth, ldap }: World['config']): boolean {
  return auth.enabled && ldap !== null && ldap.bind !== null && ldap.syncMinutes > 0
}

/**
 * Compares at the interval of the settings, on whichever replica comes first.
 * @returns a function that ends it
 */
export function startDirectorySync(world: World): () => Promise<void> {
  const { ldap } = world.config
  if (!comparesAccounts(world.config) || ldap === null) return async () => {}
  const everyMs = ldap.syncMinutes * MINUTE_MS
  const lookMs = Math.min(LOOK_MS, everyMs / 4)
  let ended = false
  let running: Promise<unknown> = Promise.resolve()
  const look = async () => {
    try {
      // One look earlier, so that nobody is left for longer than one interval.
      if (!ended && (await isDue(world, everyMs - lookMs))) await syncAccounts(world, everyMs - lookMs)
    } catch (err) {
      world.log.warn({ err }, 'the directory could not be compared with; it is tried again')
    }
    if (!ended) plan()
  }
  let timer: NodeJS.Timeout
  const plan = () => {
    timer = setTimeout(() => {
      running = look()
    }, lookMs).unref()
  }
  plan()
  return async () => {
    ended = true
    clearTimeout(timer)
    await Promise.race([running, new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())])
  }
}

/** A look that costs one read; only who finds it due asks for the turn. */
async function isDue(world: World, everyMs: number): Promise<boolean> {
  const { startedAt, isRunning } = await readSyncState(world)
  return !isRunning && (startedAt === null || startedAt.getTime() + everyMs <= world.clock().getTime())
}

/**
 * Compares once, if nobody is at it and the last time is at least `notWithinMs` ago.
 * @param options `evenMany`: disables whom the directory does not let in however many they are
 * @returns what came of it; null when it was not our turn
 */
export async function syncAccounts(
  world: World,
  notWithinMs = 0,
  options: { evenMany?: boolean } = {},
): Promise<SyncReport | null> {
  const turn = await claimSync(world, notWithinMs)
  if (!turn) return null
  const renewing = setInterval(() => void renewSync(world, turn).catch(() => {}), RENEW_MS)
  let report: SyncReport | null = null
  try {
    report = await compare(world, options)
    await tell(world, report)
    return report
  } finally {
    clearInterval(renewing)
    await endSync(world, turn, report)
  }
}

async function compare(world: World, { evenMany = false }: { evenMany?: boolean }): Promise<SyncReport> {
  const { ldap } = world.config
  if (ldap === null) throw new Error('Without a directory there is nothing to compare with')
  const accounts = await readAccounts(world)
  if (accounts.length === 0) return { ...NOTHING, outcome: 'done' }
  const report = { ...NOTHING, compared: accounts.length }
  const said = await ask(world, ldap, accounts)
  if (typeof said === 'string') return { ...report, outcome: 'failed', fault: said }
  const plan = planSync(accounts, said)
  const counted = { ...report, unclear: plan.unclear, wouldDisable: plan.disable.length }
  if (plan.isStopped && !evenMany) {
    const fault =
      `The directory does not let ${plan.disable.length} of ${accounts.length} accounts in any more. So many at once look like a fault, ` +
      'so nobody was changed. Look at the directory; if it is right, compare again in Settings and say that it is.'
    return { ...counted, outcome: 'stopped', fault }
  }
  const ctx: RecordCtx = {
    ...world,
    actor: { kind: 'server' },
    request: { address: null, userAgent: null },
  }
  return { ...counted, outcome: 'done', ...(await applySync(ctx, plan)) }
}

async function readAccounts({ db }: World): Promise<Account[]> {
  const { users } = db.t
  const rows = await db.read
    .select()
    .from(users)
    .where(and(eq(users.authMethod, 'LDAP')))
    .orderBy(asc(users.id))
  return rows.map(({ id, role, email, ldapUniqueId, disabledAt, disabledByDirectory }) => ({
    userId: id,
    role: role as Role,
    email,
    uniqueId: ldapUniqueId,
    disabled: disabledAt !== null,
    disabledByDirectory,
  }))
}

/** What the directory says, or the sentence of why it says nothing. */
async function ask(
  { log, clock }: World,
  ldap: LdapConfig,
  accounts: readonly Account[],
): Promise<Map<number, Verdict> | string> {
  const deadline = new Deadline(ASK_MS)
  try {
    return await onSomeHost({ ldap, log, deadline }, async (host) => {
      const connection = await openForSearch(ldap, host, deadline)
      try {
        return await askDirectory(connection, ldap, accounts, clock())
      } finally {
        connection.close()
      }
    })
  } catch (error) {
    if (error instanceof NoAnswer) return error.message
    if (isLdapTrouble(error)) return `${troubleSentence(error)} Nobody was changed.`
    throw error
  }
}

/** In the log, and above the pages of admins until it goes well again. */
async function tell(world: World, report: SyncReport): Promise<void> {
  const { outcome, fault, ...counts } = report
  const changed = counts.disabled + counts.enabled + counts.changedRoles + counts.kept > 0
  const line = { outcome, ...counts, fault }
  const log = authLogger(world.log)
  if (outcome !== 'done') log.warn(line, 'accounts could not be compared with the directory')
  else if (changed) log.info(line, 'accounts were brought in line with the directory')
  else log.debug(line, 'accounts are in line with the directory')
  const notice = noticeOf(report)
  await world.db.write(async (tx) => {
    for (const id of ['ldap.sync-failed', 'ldap.sync-stopped'] as const)
      if (notice?.id !== id) await clearNotice(tx, world, id)
    if (notice) await raiseNotice(tx, world, notice)
  })
}

function noticeOf({ outcome, fault }: SyncReport): NewNotice | null {
  if (outcome === 'done') return null
  const sentence = fault ?? 'Accounts could not be compared with the directory.'
  if (outcome === 'stopped') return { id: 'ldap.sync-stopped', tone: 'danger', sentence }
  return {
    id: 'ldap.sync-failed',
    tone: 'warn',
    sentence: `Accounts are not compared with the directory: ${sentence}`,
  }
}
