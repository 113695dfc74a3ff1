import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from '#server/config'
import { DOCUMENTED_NAMES } from '#server/config/names'
import { parseEnvText } from '../../test/env-text'

const DOCS = new URL('../../docs/', import.meta.url)
const FIXTURES = new URL('../../test/fixtures/', import.meta.url)
const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md'))
const read = (page: string) => readFileSync(new URL(page, DOCS), 'utf8')

const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^```env\n(.*?)^```$/gms)].map(
    (match, index) => [`${page} ${index + 1}`, match[1] as string] as const,
  ),
)
const CERTIFICATE = readFileSync(new URL('tls-example.crt', FIXTURES), 'utf8')
/** What the files of a sample would hold. */
const FILES: Record<string, string> = {
  '/run/secrets/bennu_secret': 'a-secret-of-at-least-32-characters-in-a-file\n',
  '/run/secrets/bennu_database_url': 'postgresql://bennu:pw@db.example.com/bennu\n',
  '/run/secrets/bennu_smtp_password': 'a password\n',
  '/run/secrets/bennu_ldap_password': 'a password\n',
  '/etc/bennu/corp-root-ca.pem': CERTIFICATE,
  '/etc/bennu/ldap-ca.pem': CERTIFICATE,
  '/etc/bennu/clients.crt': CERTIFICATE,
  '/etc/ipa/ca.crt': CERTIFICATE,
  '/run/secrets/bennu_tls_cert': CERTIFICATE,
  '/run/secrets/bennu_tls_key': readFileSync(new URL('tls-example.key', FIXTURES), 'utf8'),
}

test.each(blocks)('the sample %s is accepted without a problem', (_, block) => {
  const env = parseEnvText(block, () => '')
  const { warnings } = parseConfig(env, {
    readFile: (path) => FILES[path] ?? '',
    homedir: '/home/op',
    cwd: '/srv',
  })
  expect(warnings.filter((warning) => !warning.includes('looks like the sample value'))).toEqual([])
})

/** As `docker run --env-file` reads it: a line is a variable, and quotes are part of its value. */
const byLines = (block: string) =>
  Object.fromEntries(
    block
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  )

/** As `set -a; . ./bennu.env` leaves it for whoever is started then. */
function byShell(block: string): Record<string, string> {
  const env = { PATH: '/usr/bin:/bin', NODE_ENV: 'test' } as const
  const output = execFileSync('/bin/sh', ['-c', `set -a\n${block}\nenv -0`], { env }).toString()
  const all = output.split('\0').map((entry) => entry.split(/=(.*)/s, 2) as [string, string])
  return Object.fromEntries(all.filter(([name]) => name in byLines(block)))
}

test.each(blocks)('the sample %s means the same to a shell, to docker and to this test', (_, block) => {
  const read = (env: Record<string, string>) =>
    parseConfig(env, { readFile: (path) => FILES[path] ?? '', homedir: '/home/op', cwd: '/srv' }).config
  const expected = read(parseEnvText(block, () => ''))
  expect(read(byShell(block))).toEqual(expected)
  expect(read(byLines(block))).toEqual(expected)
})

test('there are samples to accept', () => {
  expect(blocks.length).toBeGreaterThan(5)
})

test.each(DOCUMENTED_NAMES)('%s is described in configuration.md', (name) => {
  expect(read('configuration.md')).toMatch(new RegExp(`\\b${name}\\b`))
})
