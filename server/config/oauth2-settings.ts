/** PHOENIX_OAUTH2_<IDP>_* and BENNU_OAUTH2_<IDP>_*: the identity providers of the environment. */

import type { Config } from '#server/config/model'
import { AUTHORIZATION_SERVER_NAMES } from '#server/config/names'
import { readPath, readRoleMapping } from '#server/config/oauth2-values'
import { cleanValue, type Reader } from '#server/config/reader'
import { BASE_SCOPES, displayNameOf, type ProviderSettings, type TokenAuth } from '#server/oidc/model'
import { providerFaults } from '#server/oidc/rules'

/** The variable of each setting, behind `PHOENIX_OAUTH2_<IDP>_` or, where ours, `BENNU_OAUTH2_<IDP>_`. */
const SUFFIXES = {
  clientId: 'CLIENT_ID',
  clientSecret: 'CLIENT_SECRET',
  discoveryUrl: 'OIDC_CONFIG_URL',
  displayName: 'DISPLAY_NAME',
  allowSignUp: 'ALLOW_SIGN_UP',
  autoLogin: 'AUTO_LOGIN',
  pkce: 'USE_PKCE',
  tokenAuth: 'TOKEN_ENDPOINT_AUTH_METHOD',
  assertionFile: 'CLIENT_ASSERTION_FILE',
  assertionVariable: 'CLIENT_ASSERTION_FILE_ENV_VAR',
  scopes: 'SCOPES',
  emailPath: 'EMAIL_ATTRIBUTE_PATH',
  groupsPath: 'GROUPS_ATTRIBUTE_PATH',
  allowedGroups: 'ALLOWED_GROUPS',
  rolePath: 'ROLE_ATTRIBUTE_PATH',
  roleMapping: 'ROLE_MAPPING',
  roleStrict: 'ROLE_ATTRIBUTE_STRICT',
  roleResync: 'ROLE_RESYNC',
} as const
const OUR_SUFFIXES = {
  defaultRole: 'DEFAULT_ROLE',
  redirectPath: 'REDIRECT_PATH',
  logoutAtProvider: 'LOGOUT',
} as const

/** The variables of one provider. Those of PHOENIX_ declare it. */
export const OAUTH2_SUFFIXES: readonly string[] = Object.values(SUFFIXES)
export const OUR_OAUTH2_SUFFIXES: readonly string[] = Object.values(OUR_SUFFIXES)

const DECLARING = new RegExp(`^PHOENIX_OAUTH2_(\\w+)_(${OAUTH2_SUFFIXES.join('|')}|CLIENT_SECRET_FILE)$`)
const OURS = new RegExp(`^BENNU_OAUTH2_(\\w+)_(${OUR_OAUTH2_SUFFIXES.join('|')})$`)
const ANY_DEFAULT_ROLE = 'BENNU_OAUTH2_DEFAULT_ROLE'

/**
 * Every provider that the environment declares, by name; none while authentication is off, though what is wrong with them
 * is told all the same.
 */
export function readOauth2(
  reader: Reader,
  { enabled, basicAuth, admins }: Pick<Config['auth'], 'enabled' | 'basicAuth' | 'admins'>,
): { providers: ProviderSettings[] } {
  const providers = readProviders(reader)
  const opensLdap = reader.text('PHOENIX_LDAP_HOST') !== null
  const cannotClaim = providers.length > 0 && providers.every(({ allowSignUp }) => allowSignUp)
  if (enabled && !basicAuth && !opensLdap && admins.length > 0 && cannotClaim) {
    const name = variable((providers[0] as ProviderSettings).name.toUpperCase(), 'allowSignUp')
    reader.warn(
      'PHOENIX_ADMINS: these accounts cannot be claimed: where people may sign up, an address alone is no proof. ' +
        `Set ${name}=false until they have signed in once, or leave passwords on.`,
    )
  }
  if (enabled || providers.length === 0) return { providers }
  const { name } = providers[0] as ProviderSettings
  reader.warn(
    `${variable(name.toUpperCase(), 'clientId')}: of no effect while authentication is off: everybody who reaches the ` +
      'ports may read and change everything. Set PHOENIX_ENABLE_AUTH=true.',
  )
  return { providers: [] }
}

function readProviders(reader: Reader): ProviderSettings[] {
  const idps = namesOf(reader, DECLARING)
  for (const name of idps.filter((one) => one !== one.toUpperCase())) {
    reader.problem(
      `PHOENIX_OAUTH2_${name}_*: the name is not in capitals. Write PHOENIX_OAUTH2_${name.toUpperCase()}_….`,
    )
  }
  const capitals = idps.filter((one) => one === one.toUpperCase())
  const providers = capitals.map((idp) => readProvider(reader, idp))
  warnAboutStrays(reader, capitals)
  const shared = providers.filter(({ redirectPath }) => redirectPath === '/oauth2/callback')
  if (shared.length > 1) {
    const names = shared.map(({ name }) => variable(name.toUpperCase(), 'redirectPath'))
    reader.problem(
      `${names[0]}: ${names.slice(1).join(', ')} too. On a shared path one provider could take the codes of another. ` +
        'Give each its own path, or remove the variables.',
    )
  }
  const eager = providers.filter(({ autoLogin }) => autoLogin)
  if (eager.length > 1) {
    const names = eager.map(({ name }) => variable(name.toUpperCase(), 'autoLogin'))
    reader.problem(
      `${names[0]}: ${names.slice(1).join(', ')} too. The login page can go to one provider only.`,
    )
  }
  return providers
}

/** Whether the environment declares any provider, good or not. */
export function declaresProvider(reader: Reader): boolean {
  return namesOf(reader, DECLARING).length > 0
}

/** The middle parts of variables that hold something. */
function namesOf(reader: Reader, pattern: RegExp): string[] {
  const names = Object.keys(reader.env)
    .filter(
      (name) => !AUTHORIZATION_SERVER_NAMES.has(name) && cleanValue(reader.env[name] ?? '').value !== '',
    )
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
  return [...new Set(names)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
}

/** Variables of the family that belong to no provider: a slip, and one that may leave somebody unprotected. */
function warnAboutStrays(reader: Reader, idps: readonly string[]): void {
  for (const idp of namesOf(reader, OURS).filter((one) => !idps.includes(one))) {
    reader.problem(
      `BENNU_OAUTH2_${idp}_*: there is no provider ${idp}. Set PHOENIX_OAUTH2_${idp}_CLIENT_ID and the rest, or remove it.`,
    )
  }
  const strays = Object.keys(reader.env)
    .filter((name) => /^(PHOENIX|BENNU)_OAUTH2_/.test(name) && !AUTHORIZATION_SERVER_NAMES.has(name))
    .filter((name) => !DECLARING.test(name) && !OURS.test(name) && name !== ANY_DEFAULT_ROLE)
    .filter((name) => cleanValue(reader.env[name] ?? '').value !== '')
  for (const name of strays.sort()) {
    reader.problem(`${name}: not a setting of an identity provider. Check the end of the name, or remove it.`)
  }
}

function variable(idp: string, field: keyof typeof SUFFIXES | keyof typeof OUR_SUFFIXES): string {
  if (field in SUFFIXES) return `PHOENIX_OAUTH2_${idp}_${SUFFIXES[field as keyof typeof SUFFIXES]}`
  return `BENNU_OAUTH2_${idp}_${OUR_SUFFIXES[field as keyof typeof OUR_SUFFIXES]}`
}

function readProvider(reader: Reader, idp: string): ProviderSettings {
  const v = (field: Parameters<typeof variable>[1]) => variable(idp, field)
  const name = idp.toLowerCase()
  const tokenAuth = readTokenAuth(reader, v('tokenAuth'))
  const settings: ProviderSettings = {
    name,
    displayName: reader.text(v('displayName')) ?? displayNameOf(name),
    clientId: reader.text(v('clientId')) ?? '',
    clientSecret: reader.secret(v('clientSecret')),
    discoveryUrl: readAddress(reader, v('discoveryUrl')),
    tokenAuth,
    assertionFile: tokenAuth === 'client_assertion_jwt' ? readAssertionFile(reader, idp) : null,
    pkce: reader.text(v('pkce')) === null ? null : reader.bool(v('pkce'), false),
    scopes: [...new Set([...BASE_SCOPES, ...(reader.text(v('scopes')) ?? '').split(/[\s,]+/)])].filter(
      Boolean,
    ),
    allowSignUp: reader.bool(v('allowSignUp'), true),
    autoLogin: reader.bool(v('autoLogin'), false),
    emailPath: readPath(reader, v('emailPath')) ?? 'email',
    groupsPath: readPath(reader, v('groupsPath')),
    allowedGroups: [...new Set(reader.list(v('allowedGroups')))],
    rolePath: readPath(reader, v('rolePath')),
    roleMapping: readRoleMapping(reader, v('roleMapping')),
    roleStrict: reader.bool(v('roleStrict'), false),
    roleResync: reader.bool(v('roleResync'), true),
    defaultRole: readDefaultRole(reader, v('defaultRole')),
    redirectPath: reader.text(v('redirectPath')),
    logoutAtProvider: reader.bool(v('logoutAtProvider'), true),
  }
  reportFaults(reader, idp, settings)
  return settings
}

function reportFaults(reader: Reader, idp: string, settings: ProviderSettings): void {
  for (const { field, sentence } of providerFaults(settings)) {
    // The name is no variable of its own: any that declares the provider has it.
    const name = field === 'name' ? `PHOENIX_OAUTH2_${idp}_CLIENT_ID` : variable(idp, field)
    if (!reader.isFaulty(name)) reader.problem(`${name}: ${sentence}`)
  }
  if (settings.tokenAuth === 'none' && settings.pkce === false) {
    reader.warn(
      `${variable(idp, 'pkce')}: false, and no client secret either: whoever sees a code can use it. Remove the variable.`,
    )
  }
  if (settings.groupsPath !== null && settings.allowedGroups.length === 0) {
    reader.warn(
      `${variable(idp, 'groupsPath')}: set without ${SUFFIXES.allowedGroups}, so that groups keep nobody out. ` +
        'List the groups that may come in, or remove it.',
    )
  }
}

function readTokenAuth(reader: Reader, name: string): TokenAuth {
  const methods: Record<string, TokenAuth> = {
    client_secret_basic: 'client_secret_basic',
    client_secret_post: 'client_secret_post',
    none: 'none',
    client_assertion_jwt: 'client_assertion_jwt',
  }
  return reader.choice(name, methods, 'client_secret_basic')
}

function readAddress(reader: Reader, name: string): string {
  const text = reader.text(name) ?? ''
  if (/[{}<>]/.test(text)) {
    reader.warn(`${name}: the value still holds a placeholder in brackets. Put the real value there.`)
  }
  return text.replace(/\s+/g, '')
}

/** The path by itself, or the name of a variable that some platforms set to it: that path stays out of every log. */
function readAssertionFile(reader: Reader, idp: string): ProviderSettings['assertionFile'] {
  const [name, indirect] = [variable(idp, 'assertionFile'), variable(idp, 'assertionVariable')]
  const path = reader.text(name)
  const other = reader.text(indirect)
  if (path !== null && other !== null) {
    reader.problem(`${name}: ${indirect} is set too. Keep one of the two.`)
    return null
  }
  if (other === null) return path === null ? null : { path, confidential: false }
  const held = (reader.env[other] ?? '').trim()
  if (held !== '') return { path: held, confidential: true }
  reader.problem(`${indirect}: the variable that it names is not set. Name the one that holds the path.`)
  return null
}

function readDefaultRole(reader: Reader, name: string): 'MEMBER' | 'VIEWER' {
  const roles = { member: 'MEMBER', viewer: 'VIEWER' } as const
  return reader.choice(name, roles, reader.choice(ANY_DEFAULT_ROLE, roles, 'MEMBER'))
}
