/**
 * Compares the accounts of the directory with the directory, so that whoever is disabled, locked, gone or out of every
 * mapped group there loses this server within one interval, without having to sign in again first.
 */
import { asc, eq } from 'drizzle-orm'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { LdapConfig } from '#server/config/model'
import { openForSearch } from '#server/ldap/client'
import { Deadline } from '#server/ldap/deadline'
import { onSomeHost } from '#server/ldap/hosts'
import { applySync } from '#server/ldap/sync-apply'
import { type AskedAccount, askDirectory, NoAnswer } from '#server/ldap/sync-ask'
import { type KnownAccount, planSync } from '#server/ldap/sync-decide'
import { claimSync, endSync, RENEW_MS, readSyncState, renewSync } from '#server/ldap/sync-lease'
import type { SyncReport, Verdict } from '#server/ldap/sync-model'
import { tellSync } from '#server/ldap/sync-tell'
import { isLdapTrouble } from '#server/ldap/trouble'
import { troubleSentence } from '#server/ldap/trouble-words'
import type { Role } from '#server/permissions'
import type { Runtime } from '#server/runtime'
import { warmSecrets } from '#server/secrets/secrets'

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

/** What an admin has seen and says is right: so many accounts may be disabled at once. */
export interface Overruling {
  atMost: number
  by: RecordCtx
}

/**
 * Compares once, if nobody is at it and the last time is at least `notWithinMs` ago.
 * @returns what came of it; null when it was not our turn
 */
export async function syncAccounts(
  world: World,
  notWithinMs = 0,
  overruling: Overruling | null = null,
): Promise<SyncReport | null> {
  const turn = await claimSync(world, notWithinMs)
  if (!turn) return null
  const renewing = setInterval(() => void renewSync(world, turn).catch(() => {}), RENEW_MS)
  let report: SyncReport | null = null
  try {
    report = await compare(world, turn, overruling)
    await tellSync(world, report)
    return report
  } finally {
    clearInterval(renewing)
    await endSync(world, turn, report)
  }
}

async function compare(world: World, turn: Date, overruling: Overruling | null): Promise<SyncReport> {
  const { ldap } = world.config
  if (ldap === null) throw new Error('Without a directory there is nothing to compare with')
  const accounts = await readAccounts(world)
  if (accounts.length === 0) return { ...NOTHING, outcome: 'done' }
  const report = { ...NOTHING, compared: accounts.length }
  const askedAt = world.clock()
  const said = await ask(world, ldap, accounts)
  if (typeof said === 'string') return { ...report, outcome: 'failed', fault: said }
  const plan = planSync(accounts, said)
  const counted = { ...report, unclear: plan.unclear, wouldDisable: plan.disable.length }
  if (plan.isStopped && plan.disable.length > (overruling?.atMost ?? 0)) {
    const fault =
      `The directory does not let ${plan.disable.length} of ${accounts.length} accounts in any more. So many at once look like a fault, ` +
      'so nobody was changed. Look at the directory; if it is right, disable them in Settings → Sign-in.'
    return { ...counted, outcome: 'stopped', fault }
  }
  // Whoever was held up for longer than a turn lasts leaves the rest to the one who took it over.
  if (!(await renewSync(world, turn))) throw new Error('Another server has taken over')
  if (plan.isStopped && overruling) await recordOverruling(overruling, plan.disable.length)
  return { ...counted, outcome: 'done', ...(await applySync(asServer(world), plan, askedAt)) }
}

const asServer = (world: World): RecordCtx => ({
  ...world,
  actor: { kind: 'server' },
  request: { address: null, userAgent: null },
})

async function recordOverruling({ by }: Overruling, accounts: number): Promise<void> {
  await warmSecrets(by.config.auth)
  const details = { accounts }
  await by.db.write((tx) => recordEvent(tx, by, { action: 'directory.compare', outcome: 'success', details }))
}

async function readAccounts({ db }: World): Promise<Account[]> {
  const { users } = db.t
  const rows = await db.read.select().from(users).where(eq(users.authMethod, 'LDAP')).orderBy(asc(users.id))
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
