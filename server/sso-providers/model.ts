/** Identity providers as the page of sign-in settings shows and changes them. Types and constants only, browser-safe. */
import type { ProviderSettings, TokenAuth } from '#server/oidc/model'

/** Providers that one server keeps. */
export const MAX_PROVIDERS = 20

/** How a provider added in Settings may be asked for tokens; a file of the server is for the environment alone. */
export const STORED_TOKEN_AUTH = [
  'client_secret_basic',
  'client_secret_post',
  'none',
] as const satisfies TokenAuth[]

/** What lies in the database as JSON: everything but the name, the secret and the state. */
export type StoredSettings = Omit<
  ProviderSettings,
  'name' | 'displayName' | 'clientSecret' | 'assertionFile' | 'redirectPath'
>

/** What the form sends. `clientSecret` left out or null: the one that is stored stays. */
export interface ProviderInput extends StoredSettings {
  displayName: string
  clientSecret?: string | null | undefined
  enabled: boolean
  /** As the list showed it when the form was opened: a change by somebody else since is a conflict. */
  updatedAt?: string | null | undefined
}

/** One provider on the page. A secret is never part of it. */
export interface ProviderView extends Omit<ProviderSettings, 'clientSecret' | 'assertionFile'> {
  source: 'environment' | 'stored'
  enabled: boolean
  /** `unreadable`: no configured PHOENIX_SECRET opens it. */
  secret: 'set' | 'none' | 'unreadable'
  /** Whether a provider of the environment has the name, so that this one is of no effect. */
  isHidden: boolean
  /** To register with the provider. */
  redirectUri: string
  backchannelLogoutUri: string
  /** Accounts that sign in through it. */
  accounts: number
  /** Sessions that began there and live. */
  sessions: number
  /** ISO 8601; null for a provider of the environment. */
  updatedAt: string | null
  updatedBy: { username: string } | null
}

/** The answer of `GET /ui/sign-in`. */
export interface SignInSettings {
  /** In the order of the buttons: those of the environment first. */
  providers: ProviderView[]
  /** Whether a client secret can be stored: there is a PHOENIX_SECRET. */
  canStore: boolean
  /** Whether people may sign in with a password. */
  basicAuth: boolean
  /** Where the redirect URIs come from: PHOENIX_ROOT_URL, or the address of this very request. */
  originIsSet: boolean
  /** The redirect URI of a provider that is about to be added, with `{name}` in the place of its name. */
  newRedirectUri: string
}

/** Whether a provider that people can sign in with answers at this moment. */
export interface ProviderState {
  name: string
  /** A sentence for admins; null: it answers, and its document and keys are good. */
  problem: string | null
}
