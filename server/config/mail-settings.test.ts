import { describe, expect, test } from 'vitest'
import { type ConfigError, describeConfig, parseConfig, publicConfig } from '#server/config'

const CANARY = 'canary-smtp-password-0123456789'
const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: '7d1f0c5a9b3e2468ace013579bdf2468' }
const SMTP = {
  PHOENIX_ROOT_URL: 'https://traces.example.com',
  PHOENIX_SMTP_HOSTNAME: 'smtp.example.com',
  PHOENIX_SMTP_MAIL_FROM: 'Bennu <bennu@example.com>',
}
const parse = (env: Record<string, string>) =>
  parseConfig({ ...AUTH, ...env }, { homedir: '/home/op', cwd: '/srv', readFile: () => `${CANARY}\n` })
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    parse(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

test('mail is off without a host name', () => {
  const { config, warnings } = parse({ PHOENIX_SMTP_HOSTNAME: '' })
  expect([config.mail, publicConfig(config).mailEnabled, warnings]).toEqual([null, false, []])
})

test('a relay needs no credentials', () => {
  const { config, warnings } = parse(SMTP)
  expect(config.mail).toEqual({
    host: 'smtp.example.com',
    port: 587,
    username: null,
    password: null,
    from: { name: 'Bennu', address: 'bennu@example.com' },
    validateCerts: true,
    securityMails: true,
  })
  expect([publicConfig(config).mailEnabled, warnings]).toEqual([true, []])
})

test('a password comes from a file, and is masked', () => {
  const { config } = parse({
    ...SMTP,
    PHOENIX_SMTP_USERNAME: 'bennu',
    PHOENIX_SMTP_PASSWORD_FILE: '/run/secrets/smtp',
  })
  expect(config.mail).toMatchObject({ username: 'bennu', password: CANARY })
  const lines = describeConfig(config).join('\n')
  expect(lines).toContain('PHOENIX_SMTP_PASSWORD=********')
  expect(lines).toContain('PHOENIX_SMTP_MAIL_FROM=Bennu <bennu@example.com>')
  expect(lines).not.toContain(CANARY)
  expect(JSON.stringify(publicConfig(config))).not.toContain(CANARY)
})

describe('these stop the start', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ PHOENIX_SMTP_USERNAME: 'bennu' }, /^PHOENIX_SMTP_PASSWORD: missing/],
    [{ PHOENIX_SMTP_PASSWORD: CANARY }, /^PHOENIX_SMTP_USERNAME: missing/],
    [{ PHOENIX_SMTP_HOSTNAME: 'smtp.example.com:587' }, /^PHOENIX_SMTP_HOSTNAME: .* the port goes into/],
    [{ PHOENIX_SMTP_HOSTNAME: 'https://smtp.example.com' }, /^PHOENIX_SMTP_HOSTNAME: /],
    [{ PHOENIX_SMTP_PORT: '0' }, /^PHOENIX_SMTP_PORT: /],
    [{ PHOENIX_SMTP_PORT: '70000' }, /^PHOENIX_SMTP_PORT: /],
    [{ PHOENIX_SMTP_MAIL_FROM: 'nobody' }, /^PHOENIX_SMTP_MAIL_FROM: /],
    [{ PHOENIX_SMTP_MAIL_FROM: 'a@example.com, b@example.com' }, /^PHOENIX_SMTP_MAIL_FROM: /],
    [{ PHOENIX_SMTP_VALIDATE_CERTS: 'perhaps' }, /^PHOENIX_SMTP_VALIDATE_CERTS: /],
    [{ BENNU_INVITATION_EXPIRY_MINUTES: '0' }, /^BENNU_INVITATION_EXPIRY_MINUTES: /],
    [{ PHOENIX_PASSWORD_RESET_TOKEN_EXPIRY_MINUTES: '-5' }, /^PHOENIX_PASSWORD_RESET_TOKEN_EXPIRY_MINUTES: /],
  ])('%j', (env, expected) => {
    const problems = problemsOf({ ...SMTP, ...env })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(expected)
    expect(problems[0]).not.toContain(CANARY)
  })
})

describe('these are warned about', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'the default sender',
      { PHOENIX_SMTP_MAIL_FROM: '' },
      /^PHOENIX_SMTP_MAIL_FROM: missing, .*noreply@arize\.com/,
    ],
    ['links without a root URL', { PHOENIX_ROOT_URL: '' }, /^PHOENIX_ROOT_URL: missing/],
    ['certificates unchecked', { PHOENIX_SMTP_VALIDATE_CERTS: 'false' }, /^PHOENIX_SMTP_VALIDATE_CERTS: /],
    ['settings without a host', { PHOENIX_SMTP_HOSTNAME: '' }, /^PHOENIX_SMTP_MAIL_FROM: no mail is sent/],
    ['authentication off', { PHOENIX_ENABLE_AUTH: 'false' }, /^PHOENIX_SMTP_HOSTNAME: no mail is sent/],
  ])('%s', (_what, env, expected) => {
    expect(parse({ ...SMTP, ...env }).warnings.filter((one) => expected.test(one))).toHaveLength(1)
  })
})

test('the default sender is the documented one', () => {
  const { config } = parse({ ...SMTP, PHOENIX_SMTP_MAIL_FROM: '' })
  expect(config.mail?.from).toEqual({ name: '', address: 'noreply@arize.com' })
})
