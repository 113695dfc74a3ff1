'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { SyncSummary } from '#server/ldap/overview-model'
import type { SyncReport } from '#server/ldap/sync-model'
import { plural } from '../format'
import { Badge, type Tone } from '../ui/badge'
import { Button } from '../ui/button'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { RelativeTime } from '../ui/time'
import { useCompare } from './ldap-hooks'

const LdapDisableDialog = dynamic(() => import('./ldap-disable-dialog').then((m) => m.LdapDisableDialog))

const OUTCOMES: Record<SyncReport['outcome'], { tone: Tone; word: string }> = {
  done: { tone: 'ok', word: 'done' },
  stopped: { tone: 'danger', word: 'stopped' },
  failed: { tone: 'danger', word: 'failed' },
}

/** How accounts are kept in line with the directory, and what came of it last. */
export function LdapSync({ sync }: { sync: SyncSummary }) {
  const [asks, setAsks] = useState(false)
  const compare = useCompare()
  const { report, hasAccount, isRunning } = sync
  const stopped = report?.outcome === 'stopped' ? report : null
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <Facts label="Comparison of accounts">
        <Fact name="Comparison">
          <Interval sync={sync} />
        </Fact>
        {report && (
          <Fact name="Last result">
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone={OUTCOMES[report.outcome].tone}>{OUTCOMES[report.outcome].word}</Badge>
              {sync.finishedAt && <RelativeTime at={Date.parse(sync.finishedAt)} className="text-muted" />}
            </span>
            <p>{report.fault ?? inWords(report)}</p>
          </Fact>
        )}
      </Facts>
      {compare.isError && <Failure what="Accounts were not compared." error={compare.error} />}
      {hasAccount && (
        <div className="flex flex-wrap gap-2">
          <Button isPending={compare.isPending || isRunning} onPress={() => compare.mutate(null)}>
            Compare now
          </Button>
          {stopped && (
            <Button variant="danger" onPress={() => setAsks(true)}>
              Disable {plural(stopped.wouldDisable, 'account')}
            </Button>
          )}
        </div>
      )}
      {asks && stopped && (
        <LdapDisableDialog
          count={stopped.wouldDisable}
          isPending={compare.isPending}
          onConfirm={() => compare.mutate(stopped.wouldDisable, { onSettled: () => setAsks(false) })}
          onClose={() => setAsks(false)}
        />
      )}
    </div>
  )
}

function Interval({ sync: { everyMinutes, hasAccount, isRunning } }: { sync: SyncSummary }) {
  if (everyMinutes === 0)
    return <>off: who leaves the directory keeps this server until an admin disables the account</>
  if (!hasAccount)
    return (
      <span className="text-warn">
        off, because there is no service account: who leaves the directory keeps this server until an admin
        disables the account
      </span>
    )
  const every = everyMinutes === 1 ? 'minute' : `${everyMinutes} minutes`
  return (
    <>
      accounts are compared with the directory every {every}
      {isRunning && <span className="text-muted">, just now too</span>}
    </>
  )
}

function inWords({ compared, disabled, enabled, changedRoles, kept, unclear }: SyncReport): string {
  const parts = [
    disabled > 0 && `${disabled} disabled`,
    enabled > 0 && `${enabled} back`,
    changedRoles > 0 && `${plural(changedRoles, 'role')} changed`,
    kept > 0 && `${plural(kept, 'last admin')} kept`,
    unclear > 0 && `${unclear} unclear`,
  ].filter((part) => part !== false)
  return `${plural(compared, 'account')} compared: ${parts.length === 0 ? 'all as they were' : parts.join(', ')}.`
}
