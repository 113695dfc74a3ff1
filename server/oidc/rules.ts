/** What a provider must be like to be used, however it was set up. */
import { isAbsolute } from 'node:path'
import { readClaimPath } from '#server/oidc/claim-path'
import { type ProviderSettings, RESERVED_NAMES } from '#server/oidc/model'

/** Something wrong with one setting, as a sentence that goes on after its name. */
export interface ProviderFault {
  field: keyof ProviderSettings
  sentence: string
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether an address may be asked: https, or this very machine (a provider of a test, or beside us). */
export function isSafeAddress(text: string): boolean {
  if (!/^https?:\/\/[^/?#\s]/i.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || LOOPBACK.has(hostname)
}

/** Everything that is wrong with a provider's settings; empty when it can be used. */
export function providerFaults(settings: ProviderSettings): ProviderFault[] {
  const checks: [keyof ProviderSettings, string | false][] = [
    ['name', nameFault(settings.name)],
    ['clientId', settings.clientId === '' && 'missing. Set it to the id that the provider gave this client.'],
    ['clientSecret', secretFault(settings)],
    ['discoveryUrl', addressFault(settings.discoveryUrl)],
    ['assertionFile', assertionFault(settings)],
    ['scopes', !settings.scopes.includes('openid') && 'openid is missing. Add it.'],
    ['emailPath', pathFault(settings.emailPath)],
    ['groupsPath', pathFault(settings.groupsPath)],
    ['rolePath', pathFault(settings.rolePath)],
    [
      'allowedGroups',
      settings.allowedGroups.length > 0 &&
        settings.groupsPath === null &&
        'set without a path to the groups. Set that too.',
    ],
    ...roleChecks(settings),
    ['redirectPath', redirectFault(settings.redirectPath, settings.name)],
  ]
  return checks.flatMap(([field, sentence]) => (sentence ? [{ field, sentence }] : []))
}

function nameFault(name: string): string | false {
  if (!/^[a-z0-9_]{1,64}$/.test(name)) return 'the name is made of a-z, 0-9 and _, at most 64 of them.'
  return RESERVED_NAMES.includes(name) && `${name} is a path of its own. Choose another name.`
}

function secretFault({ clientSecret, tokenAuth }: ProviderSettings): string | false {
  const needsOne = tokenAuth === 'client_secret_basic' || tokenAuth === 'client_secret_post'
  return needsOne && !clientSecret && 'missing. Set it to the secret that the provider gave this client.'
}

function addressFault(text: string): string | false {
  if (text === '')
    return 'missing. Set it to the address of the discovery document, which ends in /.well-known/openid-configuration.'
  if (!isSafeAddress(text)) return 'not an https address with a host. http is for localhost alone.'
  const tenant = sharedTenant(text)
  return (
    tenant !== null &&
    `the address of ${tenant}, which stands for every tenant of Microsoft Entra ID: its document names no issuer that ` +
      `a token could be compared with. Put the id of your tenant in the place of ${tenant}.`
  )
}

/** Entra's addresses for people of any tenant: the issuer in their document is a pattern, `…/{tenantid}/v2.0`. */
function sharedTenant(address: string): string | null {
  const { hostname, pathname } = new URL(address)
  if (!/^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/.test(hostname)) return null
  return /^\/(common|organizations)\//i.exec(pathname)?.[1] ?? null
}

function assertionFault({ tokenAuth, assertionFile }: ProviderSettings): string | false {
  if (tokenAuth !== 'client_assertion_jwt') return false
  if (!assertionFile) return 'missing. client_assertion_jwt reads the assertion from a file.'
  return !isAbsolute(assertionFile.path) && 'not an absolute path. Begin it with a slash.'
}

function pathFault(path: string | null): string | false {
  if (path === null) return false
  const read = readClaimPath(path)
  return 'fault' in read && read.fault
}

function roleChecks(settings: ProviderSettings): [keyof ProviderSettings, string | false][] {
  if (settings.rolePath !== null) return []
  const because = 'of no use without a path to the role. Set that too.'
  return [
    ['roleMapping', settings.roleMapping.length > 0 && because],
    ['roleStrict', settings.roleStrict && because],
    ['roleResync', !settings.roleResync && because],
  ]
}

/** Only these are answered: any other path would be one that the provider sends people to in vain. */
function redirectFault(path: string | null, name: string): string | false {
  if (path === null) return false
  const answered = ['/oauth2/callback', `/oauth2/${name}/callback`, `/oauth2/${name}/tokens`]
  return !answered.includes(path) && `not a path of this server. Use one of ${answered.join(', ')}.`
}
