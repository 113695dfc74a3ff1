/**
 * Sends a mail and tells of it: the audit log that it went or why not, and, while it does not work, the admins above
 * every page. Nothing here throws for a mail that was not taken.
 */
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { isMailable } from '#server/mail/address'
import type { MailContent } from '#server/mail/template'
import { deliver, MailFailure } from '#server/mail/transport'
import { clearNotice, raiseNotice } from '#server/notices/notices'

/** What a mail is for, as the audit log names it. */
export type MailKind = 'reset' | 'invitation' | 'password-changed' | 'system-key' | 'test'

export interface Mail {
  kind: MailKind
  /** Whose address it is; null for an address that somebody typed. */
  to: { userId: number | null; username: string | null; email: string | null }
  content: MailContent
}

export type Sent = { ok: true } | { ok: false; reason: string; sentence: string }

/** Sends now. An address that cannot be put on an envelope is skipped. */
export async function sendMail(ctx: RecordCtx, mail: Mail): Promise<Sent> {
  const { mail: config } = ctx.config
  if (config === null)
    return { ok: false, reason: 'off', sentence: 'No mail server is set: PHOENIX_SMTP_HOSTNAME is missing.' }
  const { email, userId } = mail.to
  if (!isMailable(email)) {
    ctx.log.info(
      { mail: mail.kind, target: userId && `User:${userId}` },
      'no mail is sent: the account has no address that can receive any',
    )
    return { ok: false, reason: 'no-address', sentence: 'This address cannot receive mail.' }
  }
  const sent = await tryTo(() => withSlot(() => deliver(config, email, mail.content)))
  await tell(ctx, mail, sent)
  return sent instanceof MailFailure
    ? { ok: false, reason: sent.reason, sentence: sent.message }
    : { ok: true }
}

async function tryTo(work: () => Promise<void>): Promise<MailFailure | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof MailFailure) return error
    throw error
  }
}

async function tell(ctx: RecordCtx, { kind, to }: Mail, failure: MailFailure | null): Promise<void> {
  if (failure)
    ctx.log.warn(
      { mail: kind, reason: failure.reason, ...failure.facts },
      `a mail was not sent: ${failure.message}`,
    )
  // An address that somebody typed is all there is to tell whom the mail was for.
  const targetName = to.username ?? (to.userId === null ? to.email : null)
  const event = {
    action: 'mail.send' as const,
    ...(to.userId !== null && { target: `User:${to.userId}` }),
    ...(targetName !== null && { targetName }),
    details: { mail: kind },
  }
  try {
    await ctx.db.write(async (tx) => {
      if (failure)
        await raiseNotice(tx, ctx, {
          id: 'mail.failed',
          tone: 'danger',
          sentence: `Mail does not work. ${failure.message}`,
        })
      else await clearNotice(tx, ctx, 'mail.failed')
      await recordEvent(
        tx,
        ctx,
        failure ? { ...event, outcome: 'failure', reason: failure.reason } : { ...event, outcome: 'success' },
      )
    })
  } catch (err) {
    ctx.log.error({ err, mail: kind, sent: failure === null }, 'what became of a mail could not be recorded')
  }
}

/** Mails under way at a time; the rest waits, so that a slow server is not stormed. */
const SLOTS = 4
/** Mails that may wait. With more of them the mail server is too slow, or somebody makes us send. */
const MAX_WAITING = 200
const SLOT_STATE = Symbol.for('bennu.mail.slots')
interface SlotState {
  used: number
  waiting: (() => void)[]
}
const holder = globalThis as unknown as Record<symbol, SlotState | undefined>

/** @throws MailFailure when too many wait; whatever the work throws */
async function withSlot<T>(work: () => Promise<T>): Promise<T> {
  holder[SLOT_STATE] ??= { used: 0, waiting: [] }
  const state = holder[SLOT_STATE]
  if (state.waiting.length >= MAX_WAITING) throw tooMany()
  if (state.used >= SLOTS) await new Promise<void>((resolve) => state.waiting.push(resolve))
  else state.used += 1
  try {
    return await work()
  } finally {
    const next = state.waiting.shift()
    if (next) next()
    else state.used -= 1
  }
}

function tooMany(): MailFailure {
  const sentence = `${MAX_WAITING} mails wait already: the mail server takes them too slowly, or too many are asked for.`
  return new MailFailure('too-many', sentence, { code: null, response: null, command: null })
}
