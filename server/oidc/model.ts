/** Identity providers as they are set up. Browser-safe. */
import type { Role } from '#server/permissions'

export const TOKEN_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'none',
  'client_assertion_jwt',
] as const
/** How we prove at the token endpoint who we are. */
export type TokenAuth = (typeof TOKEN_AUTH_METHODS)[number]

/** Paths below /oauth2 that are, or may become, something else than a provider. */
export const RESERVED_NAMES: readonly string[] = [
  'authorize',
  'callback',
  'consent',
  'register',
  'revoke',
  'token',
]

/** What every provider is asked for. */
export const BASE_SCOPES: readonly string[] = ['openid', 'email', 'profile']

/** One provider, whether the environment or an admin set it up. */
export interface ProviderSettings {
  /** Part of the addresses: `[a-z0-9_]+`. */
  name: string
  displayName: string
  clientId: string
  /** Null where none is needed. */
  clientSecret: string | null
  /** Where the discovery document is. */
  discoveryUrl: string
  tokenAuth: TokenAuth
  /** For `client_assertion_jwt`: read anew for every token. A confidential path is never logged. */
  assertionFile: { path: string; confidential: boolean } | null
  /** Null: whenever the provider announces S256, or is known to take it. */
  pkce: boolean | null
  /** All of them, `openid` included. */
  scopes: readonly string[]
  /** Whether somebody without an account gets one. */
  allowSignUp: boolean
  /** Whether the login page goes there by itself. */
  autoLogin: boolean
  /** JMESPath to the address. */
  emailPath: string
  /** JMESPath to the groups; null where nobody is kept out by them. */
  groupsPath: string | null
  /** Any of these lets somebody in; empty with a path: everybody comes in. */
  allowedGroups: readonly string[]
  /** JMESPath to the role; null: the provider has no say in roles. */
  rolePath: string | null
  /** Pairs of the provider's word and our role; empty: the words are our roles. */
  roleMapping: readonly (readonly [string, Role])[]
  /** Whether a role that is missing or not mapped keeps somebody out. */
  roleStrict: boolean
  /** Whether roles follow the provider at every sign-in, or only at the first. */
  roleResync: boolean
  /** The role of newcomers while there is no path to one. */
  defaultRole: 'MEMBER' | 'VIEWER'
  /** The path of the redirect URI, below the root path; null for `/oauth2/<name>/tokens`. */
  redirectPath: string | null
  /** Whether signing out here signs out there too, when the provider offers it. */
  logoutAtProvider: boolean
}

/** A provider that people can sign in with now. */
export interface Provider extends ProviderSettings {
  source: 'environment' | 'stored'
}

const KNOWN_NAMES: Record<string, string> = {
  aws_cognito: 'AWS Cognito',
  azure_ad: 'Microsoft Entra ID',
  cognito: 'AWS Cognito',
  entra: 'Microsoft Entra ID',
  github: 'GitHub',
  gitlab: 'GitLab',
  google: 'Google',
  keycloak: 'Keycloak',
  microsoft: 'Microsoft Entra ID',
  microsoft_entra_id: 'Microsoft Entra ID',
}

/** What a provider is called unless somebody says otherwise: `my_idp` is My Idp. */
export function displayNameOf(name: string): string {
  if (Object.hasOwn(KNOWN_NAMES, name)) return KNOWN_NAMES[name] as string
  const words = name.split('_').filter((word) => word !== '')
  return words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(' ') || name
}

/** What stands on the button; a display name that is a whole sentence already stays one. */
export function buttonLabel(displayName: string): string {
  return /^(sign|log)\s?-?in\b|^continue\b/i.test(displayName) ? displayName : `Sign in with ${displayName}`
}

/** What the login page needs to know of a provider. */
export interface ProviderButton {
  name: string
  displayName: string
  label: string
  autoLogin: boolean
}

/** What a provider says about itself, or why it cannot be asked. */
export type ProviderReport =
  | {
      ok: true
      issuer: string
      authorizationEndpoint: string
      tokenEndpoint: string
      userinfoEndpoint: string | null
      jwksUri: string
      endSessionEndpoint: string | null
      algorithms: string[]
      tokenAuthMethods: string[]
      /** How many keys it signs with. */
      keys: number
      /** Whether sign-ins will use PKCE. */
      pkce: boolean
      backchannelLogout: boolean
      warnings: string[]
    }
  | { ok: false; problem: string }
