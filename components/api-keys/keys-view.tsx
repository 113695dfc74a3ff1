'use client'
import { KeyRound, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { ApiKey } from '#server/api-keys/model'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { EmptyState } from '../ui/states'
import type { CreatedKey } from './hooks'
import { KeysTable } from './keys-table'

const CreateKeyDialog = dynamic(() => import('./create-key-dialog').then((m) => m.CreateKeyDialog))
const DeleteKeyDialog = dynamic(() => import('./delete-key-dialog').then((m) => m.DeleteKeyDialog))
const NewKeyCard = dynamic(() => import('./new-key-card').then((m) => m.NewKeyCard))

/** The server's own keys: make, see, delete. */
export function KeysView({ apiKeys }: { apiKeys: ApiKey[] }) {
  const [creating, setCreating] = useState(false)
  const [created, setCreated] = useState<CreatedKey | null>(null)
  const [deleting, setDeleting] = useState<ApiKey | null>(null)
  const createButton = (
    <Button variant="primary" onPress={() => setCreating(true)} icon={<Plus className="size-4" />}>
      Create system API key
    </Button>
  )
  return (
    <>
      <PageHead title="API keys" actions={apiKeys.length > 0 && createButton}>
        A deleted key stops working at the next request, everywhere.
      </PageHead>
      {created && <NewKeyCard key={created.id} apiKey={created} onDone={() => setCreated(null)} />}
      {apiKeys.length === 0 ? (
        <EmptyState icon={<KeyRound className="size-6" />} title="No system keys yet" action={createButton}>
          Services send and read traces with a key. Make one for each service.
        </EmptyState>
      ) : (
        <KeysTable apiKeys={apiKeys} onDelete={setDeleting} />
      )}
      {creating && (
        <CreateKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false)
            setCreated(key)
          }}
        />
      )}
      {deleting && <DeleteKeyDialog apiKey={deleting} onClose={() => setDeleting(null)} />}
    </>
  )
}
