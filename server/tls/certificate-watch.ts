/** Tells admins of a certificate that cannot be renewed, or that ends soon. */

import { clearNotice, type NewNotice, raiseNotice } from '#server/notices/notices'
import type { Runtime } from '#server/runtime'
import type { TlsState } from '#server/tls/keeper'

const LOOK_MS = 2_000
const DAY_MS = 86_400_000
/** Time to have another certificate made. */
const EXPIRY_NOTICE_DAYS = 21

type World = Pick<Runtime, 'db' | 'log' | 'clock' | 'tls'>

/** Looks every two seconds and writes only what has changed, for as long as the process lives. */
export function watchCertificate(world: World): void {
  let told: string | null = null
  let isTelling = false
  const look = async () => {
    if (!world.tls || isTelling) return
    const notices = noticesOf(world.tls.state, world.clock())
    const now = JSON.stringify(notices)
    if (now === told) return
    isTelling = true
    try {
      await tell(world, notices)
      told = now
    } catch (error) {
      world.log.debug({ err: error }, 'notices of the certificate wait for the database')
    } finally {
      isTelling = false
    }
  }
  void look()
  setInterval(() => void look(), LOOK_MS).unref()
}

/** What admins must be told of the certificate: at most one sentence for each fault. */
export function noticesOf({ problem, validTo }: TlsState, now: Date): NewNotice[] {
  const notices: NewNotice[] = []
  if (problem !== null) {
    notices.push({
      id: 'tls.broken',
      tone: 'warn',
      sentence: `The new TLS files are not used, because ${problem}. The old ones still are: put a good pair in their place.`,
    })
  }
  const days = (validTo.getTime() - now.getTime()) / DAY_MS
  if (days < EXPIRY_NOTICE_DAYS) {
    const date = validTo.toISOString().slice(0, 10)
    notices.push({
      id: 'tls.expiring',
      tone: days < 0 ? 'danger' : 'warn',
      sentence:
        days < 0
          ? `The TLS certificate expired on ${date}: clients no longer accept it. Put a new pair in its place.`
          : `The TLS certificate expires on ${date}. Put a new pair in its place before; no restart is needed.`,
    })
  }
  return notices
}

function tell(world: World, notices: readonly NewNotice[]): Promise<void> {
  return world.db.write(async (tx) => {
    for (const id of ['tls.broken', 'tls.expiring'] as const) {
      const notice = notices.find((one) => one.id === id)
      if (notice) await raiseNotice(tx, world, notice)
      else await clearNotice(tx, world, id)
    }
  })
}
