'use client'
import { Plus } from 'lucide-react'
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import { useState } from 'react'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { SearchField } from '../ui/search-field'
import { Segmented } from '../ui/segmented'
import { KeysPanel } from './keys-panel'

const LISTS = [
  { value: 'system', label: 'System keys' },
  { value: 'user', label: 'User keys' },
] as const

/** Every key of the server: its own, and those of people. */
export function KeysView() {
  return (
    <NuqsAdapter>
      <Keys />
    </NuqsAdapter>
  )
}

function Keys() {
  const [{ kind, search }, setState] = useQueryStates({
    kind: parseAsStringLiteral(['system', 'user']).withDefault('system'),
    search: parseAsString.withDefault(''),
  })
  const [isCreating, setCreating] = useState(false)
  const isSystem = kind === 'system'
  return (
    <>
      <PageHead
        title="API keys"
        actions={
          <Button variant="primary" onPress={() => setCreating(true)} icon={<Plus className="size-4" />}>
            Create system API key
          </Button>
        }
      >
        A deleted key stops working at the next request, everywhere.
      </PageHead>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label="Whose keys"
          options={LISTS}
          value={kind}
          onChange={(wanted) => setState({ kind: wanted })}
        />
        <SearchField
          label="Search the keys"
          placeholder={isSystem ? 'Name or last four' : 'Name, last four or owner'}
          value={search}
          onSearch={(text) => setState({ search: text || null })}
        />
      </div>
      <KeysPanel
        filter={{ list: kind, search }}
        label={isSystem ? 'System API keys' : 'User API keys'}
        hasOwners={!isSystem}
        nothing={
          isSystem
            ? {
                title: 'No system keys yet',
                text: 'Services send and read traces with a key. Make one for each service.',
              }
            : { title: 'No user keys yet', text: 'The keys that people make for themselves appear here.' }
        }
        creating={isCreating ? { kind: 'system', ownRole: 'ADMIN', onClose: () => setCreating(false) } : null}
      />
    </>
  )
}
