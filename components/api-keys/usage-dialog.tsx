'use client'
import type { KeySummary } from '#server/api-keys/model'
import { Dialog } from '../ui/dialog'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Loading, Skeleton } from '../ui/states'
import { ExactTime, RelativeTime } from '../ui/time'
import { ExpiryNote, OldValueNote } from './expiry-note'
import { useKeyUsage } from './hooks'
import { UsageChart } from './usage-chart'
import { roleWord, scopeWord } from './words'

/** Everything known of a key, and how it was used in the last 30 days. */
export function UsageDialog({ apiKey, onClose }: { apiKey: KeySummary; onClose: () => void }) {
  const usage = useKeyUsage(apiKey.id)
  return (
    <Dialog title={apiKey.name} isOpen onClose={onClose}>
      <div className="flex flex-col gap-4">
        {apiKey.description && <p className="text-muted wrap-anywhere">{apiKey.description}</p>}
        {usage.isPending && (
          <Loading label="Loading the use">
            <Skeleton className="h-24 w-full" />
          </Loading>
        )}
        {usage.isError && (
          <Failure
            what="How the key was used could not be read."
            error={usage.error}
            onRetry={() => usage.refetch()}
          />
        )}
        {usage.data && <UsageChart usage={usage.data} />}
        <KeyFacts apiKey={apiKey} />
      </div>
    </Dialog>
  )
}

function KeyFacts({ apiKey }: { apiKey: KeySummary }) {
  return (
    <Facts label="About this key">
      <Fact name="Ends in">
        <span className="font-mono text-xs">{apiKey.lastFour ? `…${apiKey.lastFour}` : '–'}</span>
      </Fact>
      <Fact name="Scope and role">
        {scopeWord(apiKey.scope)}, {roleWord(apiKey.role)}
      </Fact>
      {apiKey.owner && <Fact name="Belongs to">{apiKey.owner.username}</Fact>}
      <Fact name="Created">
        <RelativeTime at={Date.parse(apiKey.createdAt)} /> by {apiKey.createdBy?.username ?? 'a deleted user'}
      </Fact>
      <Fact name="Last used">
        {apiKey.lastUsedAt === null ? (
          'never'
        ) : (
          <>
            <ExactTime at={Date.parse(apiKey.lastUsedAt)} />
            {apiKey.lastUsedAddress && (
              <>
                {' '}
                from <span className="font-mono text-xs">{apiKey.lastUsedAddress}</span>
              </>
            )}
          </>
        )}
      </Fact>
      <Fact name="Expires">
        <ExpiryNote apiKey={apiKey} />
      </Fact>
      {apiKey.rotatedAt !== null && (
        <Fact name="Rotated">
          <RelativeTime at={Date.parse(apiKey.rotatedAt)} /> <OldValueNote apiKey={apiKey} />
        </Fact>
      )}
    </Facts>
  )
}
