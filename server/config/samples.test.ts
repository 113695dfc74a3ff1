import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import { parseEnvText } from '../../test/env-text'
import { ACTIVE_DIRECTORY, OPENLDAP, PRINTED_SAMPLES, SUPPLIED } from '../../test/printed-samples'

const WITH_AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2' }

const read = (block: string) =>
  parseEnvText(block, (reference) =>
    reference === 'openssl rand -base64 32' || /^[A-Z_]+$/.test(reference) ? SUPPLIED : '',
  )
const start = (block: string) => {
  const env = read(block)
  const whole = 'PHOENIX_ENABLE_AUTH' in env ? env : { ...WITH_AUTH, ...env }
  return parseConfig(whole, { homedir: '/home/op', cwd: '/srv' })
}

function problemsOf(block: string): string[] {
  try {
    start(block)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('samples that start as printed', () => {
  test.each(PRINTED_SAMPLES)('%s', (_, block) => {
    expect(problemsOf(block)).toEqual([])
  })

  test('the values arrive as a shell would pass them', () => {
    const { auth } = start(PRINTED_SAMPLES[1]?.[1] as string).config
    expect([auth.enabled, auth.secret, auth.defaultAdminInitialPassword]).toEqual([
      true,
      SUPPLIED,
      'changeme',
    ])
  })
})

describe('samples whose time has not come, and templates not filled in', () => {
  test.each([
    [
      'Active Directory without the mappings that another block has',
      ACTIVE_DIRECTORY,
      'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS',
    ],
    ['OpenLDAP without them', OPENLDAP, 'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS'],
    ['a line of a directory alone', 'PHOENIX_LDAP_TLS_MODE = starttls', 'PHOENIX_LDAP_HOST'],
  ])('%s is refused by name', (_, block, names) => {
    expect(problemsOf(block)).toEqual([expect.stringMatching(new RegExp(`^${names}: `))])
  })

  test('an empty provider template is refused: one sentence for each thing that is missing', () => {
    const template = `PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID=""
PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL="https:////realms//.well-known/openid-configuration"
PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET=""`
    expect(problemsOf(template)).toEqual([
      expect.stringMatching(/^PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID: missing\. Set it/),
      expect.stringMatching(/^PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET: missing\. Set it/),
      expect.stringMatching(/^PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL: not an https address/),
    ])
  })

  test('an env file does not run commands: the sample is refused with a sentence', () => {
    const env = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: '$(openssl rand -base64 32)' }
    expect(() => parseConfig(env)).toThrow(/PHOENIX_SECRET: holds the text of a command/)
  })
})
