'use client'
import { Plus, Vault } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { SecretList, SecretSummary } from '#server/secrets/model'
import { plural } from '../format'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Notice } from '../ui/notice'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { useSecrets } from './hooks'
import { SecretsTable } from './secrets-table'

const SecretDialog = dynamic(() => import('./secret-dialog').then((m) => m.SecretDialog))
const DeleteSecretDialog = dynamic(() => import('./delete-secret-dialog').then((m) => m.DeleteSecretDialog))

/** What is being done with which secret; null makes a new one. */
export interface SecretDeed {
  kind: 'set' | 'delete'
  secret: SecretSummary | null
}

/** Secrets that people leave with this server: by name, never with their value. */
export function SecretsView() {
  const query = useSecrets()
  const [deed, setDeed] = useState<SecretDeed | null>(null)
  const close = () => setDeed(null)
  const canStore = query.data?.canStore ?? false
  return (
    <>
      <PageHead
        title="Secrets"
        actions={
          <Button
            variant="primary"
            isDisabled={!canStore}
            onPress={() => setDeed({ kind: 'set', secret: null })}
            icon={<Plus className="size-4" />}
          >
            Add secret
          </Button>
        }
      >
        Values such as the keys of AI providers, encrypted in the database. They are never shown again.
      </PageHead>
      {query.isError && (
        <Failure
          what={query.data ? 'The secrets could not be refreshed.' : 'The secrets could not be loaded.'}
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {query.data ? (
        <Listed list={query.data} onDeed={setDeed} />
      ) : (
        !query.isError && <TableSkeleton label="Loading the secrets" rows={3} />
      )}
      {deed?.kind === 'set' && <SecretDialog secret={deed.secret} onClose={close} />}
      {deed?.kind === 'delete' && deed.secret && <DeleteSecretDialog secret={deed.secret} onClose={close} />}
    </>
  )
}

interface ListedProps {
  list: SecretList
  onDeed: (deed: SecretDeed) => void
}

function Listed({ list: { secrets, canStore }, onDeed }: ListedProps) {
  const unreadable = secrets.filter(({ state }) => state === 'unreadable').length
  return (
    <>
      {!canStore && (
        <Notice tone="warn">
          Nothing can be stored: this server has no key to encrypt it with. Set{' '}
          <code className="font-mono text-xs">PHOENIX_SECRET</code> to the output of{' '}
          <code className="font-mono text-xs">openssl rand -hex 32</code> and start the server again.
        </Notice>
      )}
      {unreadable > 0 && (
        <Notice tone="danger">
          {plural(unreadable, 'secret')} cannot be read. Either{' '}
          <code className="font-mono text-xs">PHOENIX_SECRET</code> has changed, then put the earlier one into{' '}
          <code className="font-mono text-xs">BENNU_SECRET_PREVIOUS</code>, or somebody has changed the
          database. Replacing a value mends it too.
        </Notice>
      )}
      {secrets.length > 0 ? (
        <SecretsTable secrets={secrets} canStore={canStore} onDeed={onDeed} />
      ) : (
        <EmptyState icon={<Vault className="size-6" />} title="No secret is stored">
          What is added here, or with <code className="font-mono text-xs">PUT /v1/secrets</code>, appears by
          its name.
        </EmptyState>
      )}
    </>
  )
}
