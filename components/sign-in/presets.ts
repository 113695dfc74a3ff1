/** Providers that many use: what a new one of the kind begins with. */

export interface Preset {
  id: string
  label: string
  name: string
  displayName: string
  /** How the address of its discovery document looks. */
  example: string
  /** Filled in, where it is the same for everybody. */
  discoveryUrl: string
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'other',
    label: 'Any OpenID Connect provider',
    name: '',
    displayName: '',
    example: 'https://idp.example.com/.well-known/openid-configuration',
    discoveryUrl: '',
  },
  {
    id: 'google',
    label: 'Google',
    name: 'google',
    displayName: 'Google',
    example: 'https://accounts.google.com/.well-known/openid-configuration',
    discoveryUrl: 'https://accounts.google.com/.well-known/openid-configuration',
  },
  {
    id: 'entra',
    label: 'Microsoft Entra ID',
    name: 'microsoft_entra_id',
    displayName: 'Microsoft Entra ID',
    example: 'https://login.microsoftonline.com/<tenant id>/v2.0/.well-known/openid-configuration',
    discoveryUrl: '',
  },
  {
    id: 'cognito',
    label: 'AWS Cognito',
    name: 'aws_cognito',
    displayName: 'AWS Cognito',
    example: 'https://cognito-idp.<region>.amazonaws.com/<user pool id>/.well-known/openid-configuration',
    discoveryUrl: '',
  },
  {
    id: 'keycloak',
    label: 'Keycloak',
    name: 'keycloak',
    displayName: 'Keycloak',
    example: 'https://keycloak.example.com/realms/<realm>/.well-known/openid-configuration',
    discoveryUrl: '',
  },
]
