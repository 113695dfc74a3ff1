import { ArrowDown, ArrowUp, Pencil, Power, Trash2 } from 'lucide-react'
import type { ProviderView } from '#server/sso-providers/model'
import type { MenuAction } from '../ui/menu'
import type { ProviderAsk } from './sign-in-view'

/** What can be done with a provider that was added here. */
export function cardActions(
  provider: ProviderView,
  { index, count }: { index: number; count: number },
  onAsk: (ask: ProviderAsk) => void,
): MenuAction[] {
  const { enabled } = provider
  return [
    {
      id: 'edit',
      label: 'Edit',
      icon: <Pencil className="size-4" />,
      onSelect: () => onAsk({ kind: 'edit', provider }),
    },
    {
      id: 'switch',
      label: enabled ? 'Turn off' : 'Turn on',
      icon: <Power className="size-4" />,
      onSelect: () => onAsk({ kind: 'switch', provider }),
    },
    {
      id: 'up',
      label: 'Move up',
      icon: <ArrowUp className="size-4" />,
      disabledWhy: index === 0 ? 'It is the first' : undefined,
      onSelect: () => onAsk({ kind: 'move', provider, by: -1 }),
    },
    {
      id: 'down',
      label: 'Move down',
      icon: <ArrowDown className="size-4" />,
      disabledWhy: index === count - 1 ? 'It is the last' : undefined,
      onSelect: () => onAsk({ kind: 'move', provider, by: 1 }),
    },
    {
      id: 'delete',
      label: 'Delete',
      icon: <Trash2 className="size-4" />,
      tone: 'danger',
      onSelect: () => onAsk({ kind: 'delete', provider }),
    },
  ]
}
