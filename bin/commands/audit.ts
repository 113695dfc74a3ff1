/** `bennu audit …`: the audit log, for whoever can read the server's configuration. */
import { openChainKey, prepareAudit } from '#server/audit/chain'
import { erasePerson } from '#server/audit/erase'
import { type AuditHead, readAuditHead } from '#server/audit/head'
import { renewChainKey } from '#server/audit/new-key'
import type { RecordCtx } from '#server/audit/record'
import { type ChainFault, type ChainReport, type EntryRange, verifyChain } from '#server/audit/verify'
import { AppError } from '#server/errors'
import { showProgress } from './progress'
import type { ConfigFlags } from './read-config'
import { withDatabase } from './with-database'

interface VerifyFlags extends ConfigFlags {
  head?: AuditHead
  skipUnreadable?: boolean
  /** Up to which entry a key in clear is known and accepted. */
  skipUnproven?: number
}

const FAULTS: Record<ChainFault, string> = {
  changed:
    'This entry, or the hash of the one before it, is not what was written, or two entries changed places.',
  'personal-data-changed': 'A name, an address or a user agent of this entry is not what was written.',
  missing: 'This entry is not there.',
  'beyond-head': 'Entries were put behind the head of the log.',
  head: 'The head of the log does not match the last entry, or is gone.',
  cut: 'The log is shorter than it was when the head was noted: its end was cut off.',
  rewritten:
    'This entry is not the one that was the newest when the head was noted: the log was written anew.',
  'open-key':
    'The key of the log lies in clear although PHOENIX_SECRET is set: either no server has started since it was set, ' +
    'or somebody put a key of their own in its place and wrote the log anew.',
}

/**
 * `bennu audit verify`: reads the whole log, says how long it is and what its head is, and names the first entry that is
 * wrong. A server may run meanwhile. Exits with 1 when something is wrong or cannot be checked.
 * @throws AppError conflict for a database that is not up to date
 */
export async function verifyAudit(flags: VerifyFlags): Promise<void> {
  await withLog(flags, async (ctx) => {
    const { auth } = ctx.config
    const progress = showProgress(process.stderr)
    const report = await verifyChain(ctx.db, (stored) => openChainKey(ctx.config, stored), {
      noted: flags.head ?? null,
      keyMustBeWrapped: auth.secret !== null,
      onProgress: (done, total) => progress.tell({ step: 'verified', done, total }),
    })
    progress.stop()
    process.exitCode = printReport(report, auth.secret !== null, flags) ? 0 : 1
  })
}

/** Prints what was found; whether all of it is well. */
function printReport(report: ChainReport, hasSecret: boolean, flags: VerifyFlags): boolean {
  if (!report.ok) {
    print(`The audit log is NOT whole: ${report.fault} at entry ${report.at}.`)
    print(FAULTS[report.fault])
    return false
  }
  const { count, hash, erased, unreadable, unproven } = report
  print(`entries: ${count}`)
  print(`head: ${count}:${hash}`)
  print(`erased: ${erased}`)
  printRanges('cannot be checked', unreadable, UNREADABLE)
  printRanges('unproven', unproven, UNPROVEN)
  if (!hasSecret)
    print(
      'There is no PHOENIX_SECRET, so the key lies in clear: this shows accidents, not somebody who has the key.',
    )
  const isWell =
    (unreadable.length === 0 || flags.skipUnreadable === true) &&
    unproven.every(({ to }) => to <= (flags.skipUnproven ?? 0))
  print(isWell ? 'The audit log is whole.' : 'The audit log could not be checked as a whole.')
  return isWell
}

const UNREADABLE = 'Their key opens with an earlier PHOENIX_SECRET only: put that into BENNU_SECRET_PREVIOUS.'
const UNPROVEN =
  'Their key lay in clear when a server started with PHOENIX_SECRET. Either there was no PHOENIX_SECRET before, or somebody ' +
  'put a key of their own in place and wrote these entries. Pass the last one that is known to be from before PHOENIX_SECRET ' +
  'to --skip-unproven.'

function printRanges(what: string, ranges: readonly EntryRange[], because: string): void {
  for (const { from, to } of ranges) print(`${what}: entries ${from} to ${to}`)
  if (ranges.length > 0) print(because)
}

/** `bennu audit head`: the length and the newest hash, as `verify --head` takes them. */
export async function printHead(flags: ConfigFlags): Promise<void> {
  await withLog(flags, async ({ db }) => {
    const head = await readAuditHead(db)
    if (!head) throw new AppError('conflict', 'no server has run on this database yet: there is no audit log')
    print(`${head.count}:${head.hash}`)
  })
}

/**
 * `bennu audit new-key`: gives up a key that no configured secret opens, so that servers can start again. On record.
 * @throws AppError invalid without `--give-up-old-key`; conflict when there is no log, or its key opens
 */
export async function renewAuditKey(flags: ConfigFlags & { giveUpOldKey?: boolean }): Promise<void> {
  if (flags.giveUpOldKey !== true)
    throw new AppError(
      'invalid',
      'the entries so far can then be checked only with the PHOENIX_SECRET they were written under, and servers that still ' +
        'run with that one refuse every sign-in. Give every server the new secret, then run this with --give-up-old-key',
    )
  await withLog(flags, async (ctx) => {
    const unreadable = await renewChainKey(ctx)
    print(`The audit log goes on under a new key. Entries up to ${unreadable} stay under the old one.`)
  })
}

interface EraseFlags extends ConfigFlags {
  email?: string
  username?: string
  user?: number
}

/**
 * `bennu audit erase`: blanks the names and addresses of somebody who has no account any more.
 * @throws AppError invalid (nobody is named), conflict (there is such an account)
 */
export async function eraseFromAudit(flags: EraseFlags): Promise<void> {
  await withLog(flags, async (ctx) => {
    await prepareAudit(ctx)
    const progress = showProgress(process.stderr)
    const person = { email: flags.email, username: flags.username, userId: flags.user }
    const tell = (done: number, total: number) => progress.tell({ step: 'read', done, total })
    const { entries, userIds } = await erasePerson(ctx, person, tell)
    progress.stop()
    const accounts = userIds.map((id) => `User:${id}`).join(', ') || 'none'
    print(`Blanked ${entries} entries. Deleted accounts they led to: ${accounts}.`)
  })
}

function withLog(flags: ConfigFlags, work: (ctx: RecordCtx) => Promise<void>): Promise<void> {
  return withDatabase('bennu audit', flags, work)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
