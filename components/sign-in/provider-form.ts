/** The form of a provider: what stands in its fields, as text, and back. */
import type { Role } from '#server/permissions'
import type { ProviderInput, ProviderView } from '#server/sso-providers/model'

export interface ProviderFields {
  name: string
  displayName: string
  discoveryUrl: string
  clientId: string
  clientSecret: string
  tokenAuth: 'client_secret_basic' | 'client_secret_post' | 'none'
  pkce: 'auto' | 'always' | 'never'
  /** Between blanks. */
  scopes: string
  emailPath: string
  groupsPath: string
  /** Between commas. */
  allowedGroups: string
  rolePath: string
  /** A line for each word of the provider: `admins: ADMIN`. */
  roleMapping: string
  roleStrict: boolean
  roleResync: boolean
  defaultRole: 'MEMBER' | 'VIEWER'
  allowSignUp: boolean
  autoLogin: boolean
  logoutAtProvider: boolean
  enabled: boolean
}

const EMPTY: ProviderFields = {
  name: '',
  displayName: '',
  discoveryUrl: '',
  clientId: '',
  clientSecret: '',
  tokenAuth: 'client_secret_basic',
  pkce: 'auto',
  scopes: 'openid email profile',
  emailPath: 'email',
  groupsPath: '',
  allowedGroups: '',
  rolePath: '',
  roleMapping: '',
  roleStrict: false,
  roleResync: true,
  defaultRole: 'MEMBER',
  allowSignUp: true,
  autoLogin: false,
  logoutAtProvider: true,
  enabled: true,
}

/** The fields of a stored provider; empty ones for a new one. The secret is never among them. */
export function fieldsOf(provider: ProviderView | null): ProviderFields {
  if (provider === null) return EMPTY
  const { name, displayName, discoveryUrl, clientId, emailPath, groupsPath, rolePath } = provider
  const { roleStrict, roleResync, defaultRole, allowSignUp, autoLogin, logoutAtProvider, enabled } = provider
  return {
    ...{ name, displayName, discoveryUrl, clientId, emailPath, clientSecret: '' },
    ...{ roleStrict, roleResync, defaultRole, allowSignUp, autoLogin, logoutAtProvider, enabled },
    tokenAuth: provider.tokenAuth === 'client_assertion_jwt' ? 'client_secret_basic' : provider.tokenAuth,
    pkce: provider.pkce === null ? 'auto' : provider.pkce ? 'always' : 'never',
    scopes: provider.scopes.join(' '),
    groupsPath: groupsPath ?? '',
    allowedGroups: provider.allowedGroups.join(', '),
    rolePath: rolePath ?? '',
    roleMapping: provider.roleMapping.map(([word, role]) => `${word}: ${role}`).join('\n'),
  }
}

/** What the route takes, or the line of the role mapping that cannot be read. */
export function inputOf(fields: ProviderFields): { input: ProviderInput } | { fault: string } {
  const mapping: (readonly [string, Role])[] = []
  for (const line of fields.roleMapping.split(/[\n,]/).map((text) => text.trim())) {
    if (line === '') continue
    const pair = readPair(line)
    if (pair === null)
      return { fault: `“${line}” is no pair such as admins: ADMIN, with ADMIN, MEMBER or VIEWER at its end` }
    mapping.push(pair)
  }
  const { name: _name, pkce, scopes, allowedGroups, clientSecret, ...rest } = fields
  const input = {
    ...rest,
    roleMapping: mapping,
    pkce: pkce === 'auto' ? null : pkce === 'always',
    scopes: [...new Set(scopes.split(/[\s,]+/).filter(Boolean))],
    allowedGroups: splitList(allowedGroups),
    groupsPath: rest.groupsPath.trim() || null,
    rolePath: rest.rolePath.trim() || null,
    clientSecret: clientSecret.trim() || null,
  }
  return { input }
}

const splitList = (text: string) => [
  ...new Set(
    text
      .split(/[,\n]/)
      .map((item) => item.trim())
      .filter(Boolean),
  ),
]

/** Split at the last colon: the words of some providers are addresses. */
function readPair(line: string): readonly [string, Role] | null {
  const split = line.lastIndexOf(':')
  const word = line.slice(0, split).trim()
  const role = line
    .slice(split + 1)
    .trim()
    .toUpperCase()
  if (split < 1 || word === '') return null
  return role === 'ADMIN' || role === 'MEMBER' || role === 'VIEWER' ? [word, role] : null
}
