/** Encrypts everything anew under the present PHOENIX_SECRET, and says what could not be read. */
import { eq } from 'drizzle-orm'
import { HEAD, openChainKey } from '#server/audit/chain'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { AppError } from '#server/errors'
import { type Sealed, type SealedStore, sealedStores } from '#server/secrets/sealed'
import { openSecret, warmSecrets, wrapSecret } from '#server/secrets/secrets'

/** How far a step has come. */
export interface RotateProgress {
  step: string
  done: number
  total: number
}

export interface RotateResult {
  /** Encrypted under an earlier secret; anew under the present one, unless only looked at. */
  earlier: number
  /** Under the present secret already. */
  current: number
  /** What no configured secret opens, in words. */
  unreadable: string[]
}

export interface RotateOptions {
  /** Only counts. */
  dryRun: boolean
  tell?: (progress: RotateProgress) => void
}

/** Rows that change in one transaction, with its entry in the audit log. */
const BATCH = 100

/**
 * Goes through all that is encrypted. Safe beside running servers that know both secrets, and to be stopped and run again:
 * each row is changed only from what was read, and what is under the present secret already is left alone. First of all
 * the present secret is put in force, so that what servers write meanwhile is under it.
 * @throws AppError conflict without PHOENIX_SECRET
 */
export async function rotateSecrets(ctx: RecordCtx, options: RotateOptions): Promise<RotateResult> {
  const { auth } = ctx.config
  if (auth.secret === null)
    throw new AppError('conflict', 'PHOENIX_SECRET is not set: nothing is encrypted, and nothing can be')
  await warmSecrets(auth)
  const result: RotateResult = { earlier: 0, current: 0, unreadable: [] }
  const isRecordable = await opensAuditKey(ctx)
  for (const store of sealedStores(ctx.db)) await rotateStore({ ctx, isRecordable }, store, options, result)
  return result
}

/** Without its key the audit log takes no entry, until `bennu audit new-key` has given it another one. */
async function opensAuditKey({ db, config }: RecordCtx): Promise<boolean> {
  const { auditChain } = db.t
  const [head] = await db.read.select().from(auditChain).where(eq(auditChain.id, HEAD))
  return head !== undefined && (await openChainKey(config, head)) !== null
}

async function rotateStore(
  { ctx, isRecordable }: { ctx: RecordCtx; isRecordable: boolean },
  store: SealedStore,
  { dryRun, tell }: RotateOptions,
  result: RotateResult,
): Promise<void> {
  const total = await store.count(ctx.db.read)
  let done = 0
  let after: string | number | null = null
  tell?.({ step: store.name, done, total })
  for (;;) {
    const rows: Sealed<string | number>[] = await store.page(ctx.db.read, after, BATCH)
    const last = rows.at(-1)
    if (!last) break
    const changes = await sort(ctx, rows, result)
    if (!dryRun && changes.length > 0)
      await ctx.db.write(async (tx) => {
        let encrypted = 0
        for (const { row, token } of changes) if (await store.replace(tx, row, token)) encrypted++
        if (!isRecordable || encrypted === 0) return
        const details = { what: store.name, encrypted }
        await recordEvent(tx, ctx, { action: 'secret.rotate', outcome: 'success', details })
      })
    after = last.id
    done += rows.length
    tell?.({ step: store.name, done: Math.min(done, total), total })
  }
  tell?.({ step: store.name, done: total, total })
}

interface Change {
  row: Sealed<string | number>
  token: string
}

/** Counts the rows into the result, and makes the new token of each that needs one. */
async function sort(
  ctx: RecordCtx,
  rows: Sealed<string | number>[],
  result: RotateResult,
): Promise<Change[]> {
  const { auth } = ctx.config
  const changes: Change[] = []
  for (const row of rows) {
    const opened = await openSecret(auth, row.token)
    if (!opened) result.unreadable.push(row.label)
    else if (opened.secret === auth.secret) result.current++
    else {
      result.earlier++
      changes.push({ row, token: await wrapSecret(auth, opened.plain) })
    }
  }
  return changes
}
