/** Says what came of comparing accounts with the directory. */
import type { SyncReport } from '#server/ldap/sync-model'
import { authLogger } from '#server/log'
import { clearNotice, type NewNotice, raiseNotice } from '#server/notices/notices'
import type { Runtime } from '#server/runtime'

/** In the log, and above the pages of admins until it goes well again. */
export async function tellSync(
  world: Pick<Runtime, 'db' | 'clock' | 'log'>,
  report: SyncReport,
): Promise<void> {
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
