'use client'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Role } from '#server/permissions'
import { KeysPanel } from '../api-keys/keys-panel'
import { Button } from '../ui/button'
import { Section } from '../ui/section'

/** One's own keys: make, see, rotate, delete. */
export function OwnKeysSection({ role }: { role: Role }) {
  const [isCreating, setCreating] = useState(false)
  return (
    <Section
      title="API keys"
      note="A key of yours may do what you may do, within its scope, and ends with your account."
      actions={
        <Button variant="primary" onPress={() => setCreating(true)} icon={<Plus className="size-4" />}>
          Create API key
        </Button>
      }
    >
      <KeysPanel
        filter={{ list: 'own' }}
        label="Your API keys"
        nothing={{
          title: 'No keys yet',
          text: 'Make one to send or read traces from your own machine. Services are better off with a system key.',
        }}
        creating={isCreating ? { kind: 'user', ownRole: role, onClose: () => setCreating(false) } : null}
      />
    </Section>
  )
}
