/**
 * What the web process does by the clock, beside serving. Every replica does it: each piece of work is harmless when
 * it is done twice or at the same moment, and what fails is tried again at its next turn.
 */
import { sweepKeys, warnOfEndingKeys } from '#server/api-keys/sweep'
import { startInvitations } from '#server/auth/reset-invitations'
import { sweepResetTokens } from '#server/auth/reset-tokens'
import { sweepSessions } from '#server/auth/sweep'
import { sweepLimits } from '#server/limits/sweep'
import { untilBackgroundIsDone } from '#server/mail/background'
import { sweepLogoutTokens } from '#server/oidc/sessions'
import type { Runtime } from '#server/runtime'
import { sweepRecentSignIns } from '#server/sso-providers/recent'

const MINUTE_MS = 60_000
/** How long mails that are under way are waited for at the end. */
const MAIL_GRACE_MS = 3_000

interface Work {
  /** For the log. */
  name: string
  everyMinutes: number
  /** Whether somebody waits for it when the server starts. */
  atOnce?: true
  /** Whether it is done while authentication is off too. */
  always?: true
  run(runtime: Runtime): Promise<unknown>
}

const ALL_WORK: readonly Work[] = [
  { name: 'sessions that are over', everyMinutes: 10, run: sweepSessions },
  { name: 'limits that are over', everyMinutes: 10, always: true, run: sweepLimits },
  { name: 'logout tokens that are over', everyMinutes: 60, run: sweepLogoutTokens },
  { name: 'keys that are over', everyMinutes: 60, run: sweepKeys },
  { name: 'reset links that are over', everyMinutes: 60, run: sweepResetTokens },
  { name: 'what old sign-ins brought', everyMinutes: 60, run: sweepRecentSignIns },
  { name: 'invitations', everyMinutes: 10, atOnce: true, run: inviteNewcomers },
  { name: 'keys that end soon', everyMinutes: 24 * 60, run: warnOfEndingKeys },
]

/**
 * Begins: each piece of work within its first minute and then at its interval.
 * @returns a function that ends it and resolves once nothing is being done any more
 */
export function startHousekeeping(
  runtime: Runtime,
  works: readonly Work[] = ALL_WORK,
  firstAfterMs = MINUTE_MS,
): () => Promise<void> {
  const due = works.filter((work) => runtime.config.auth.enabled || work.always)
  const timers = new Set<NodeJS.Timeout>()
  let running: Promise<void> = Promise.resolve()
  let ended = false
  const plan = (work: Work, afterMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      running = running.then(() => (ended ? undefined : doOne(runtime, work)))
      if (!ended) plan(work, work.everyMinutes * MINUTE_MS)
    }, afterMs)
    timers.add(timer.unref())
  }
  // Not at the same moment on all replicas that were started together.
  for (const work of due) plan(work, work.atOnce ? 0 : Math.random() * firstAfterMs)
  return async () => {
    ended = true
    for (const timer of timers) clearTimeout(timer)
    await running
    await untilBackgroundIsDone(MAIL_GRACE_MS)
  }
}

/** Mails go beside the other work, which is not to wait for a slow mail server. */
async function inviteNewcomers(runtime: Runtime): Promise<void> {
  const nobody = { actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }
  startInvitations({ ...runtime, ...nobody })
}

async function doOne(runtime: Runtime, { name, run }: Work): Promise<void> {
  try {
    await run(runtime)
  } catch (err) {
    runtime.log.warn({ err, work: name }, 'housekeeping failed; it is tried again later')
  }
}
