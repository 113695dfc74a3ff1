/** What roles and ways of signing in are called, and what they mean. */
import type { Role } from '#server/permissions'
import type { ChoiceOption } from '../ui/choice'

export const ROLES: readonly ChoiceOption<Role>[] = [
  { value: 'VIEWER', label: 'Viewer', hint: 'Reads traces; changes nothing but the own account.' },
  {
    value: 'MEMBER',
    label: 'Member',
    hint: 'Works with traces and projects, and sends with keys of their own.',
  },
  { value: 'ADMIN', label: 'Admin', hint: 'Everything: users, system keys and settings too.' },
]

/** `viewer`, `member`, `admin`; `system` for the account that owns system keys. */
export const roleWord = (role: string): string => role.toLowerCase()

const METHODS: Record<string, string> = { LOCAL: 'password', OAUTH2: 'provider', LDAP: 'directory' }

/** How somebody signs in: `password`, `provider`, `directory`. */
export const methodWord = (method: string): string => METHODS[method] ?? method.toLowerCase()
