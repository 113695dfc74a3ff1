/** What scopes and roles are called, and what they mean for whoever makes a key. */
import type { Role, Scope } from '#server/permissions'
import type { ChoiceOption } from '../ui/choice'

export const SCOPE_OPTIONS: readonly ChoiceOption<Scope>[] = [
  { value: 'ingest', label: 'Ingest', hint: 'Sends traces, and nothing else: for exporters.' },
  { value: 'read', label: 'Read', hint: 'Reads what its role may read: for scripts and dashboards.' },
  { value: 'full', label: 'Full', hint: 'Everything that its role may do.' },
]

export const ROLE_OPTIONS: readonly ChoiceOption<Role>[] = [
  { value: 'VIEWER', label: 'Viewer' },
  { value: 'MEMBER', label: 'Member' },
  { value: 'ADMIN', label: 'Admin' },
]

export const scopeWord = (scope: Scope): string => scope
export const roleWord = (role: Role): string => role.toLowerCase()
