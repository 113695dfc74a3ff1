/** What an identity provider is set up with when nobody says more than where it is. Written by hand, not read from the code. */
import type { ProviderSettings } from '#server/oidc/model'

type Rules = Omit<
  ProviderSettings,
  'name' | 'displayName' | 'clientId' | 'clientSecret' | 'discoveryUrl' | 'assertionFile' | 'redirectPath'
>

export const PLAIN_RULES = {
  tokenAuth: 'client_secret_basic',
  pkce: null,
  scopes: ['openid', 'email', 'profile'],
  allowSignUp: true,
  autoLogin: false,
  emailPath: 'email',
  groupsPath: null,
  allowedGroups: [],
  rolePath: null,
  roleMapping: [],
  roleStrict: false,
  roleResync: true,
  defaultRole: 'MEMBER',
  logoutAtProvider: true,
} satisfies Rules
