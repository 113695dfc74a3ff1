import { describe, expect, test } from 'vitest'
import { isMailable } from '#server/mail/address'
import { publicUrl, resetUrl } from '#server/mail/links'
import { inWords, passwordChangedMail, resetMail, systemKeyMail, welcomeMail } from '#server/mail/mails'
import { renderMail, shown } from '#server/mail/template'
import { testConfig } from '../../test/runtime'

const config = testConfig({ server: { rootUrl: 'https://traces.example.com' } })
const AT = new Date('2026-05-01T12:00:00Z')

describe('names of strangers', () => {
  const NASTY = '</p><script>alert(1)</script>"\'&\r\nBcc: all@example.com\r\n\r\n\u202egnp.exe'
  const mails = [
    resetMail(config, { username: NASTY }, 'token'),
    welcomeMail(config, { username: NASTY }, 'token'),
    welcomeMail(config, { username: NASTY }, null),
    passwordChangedMail(config, { username: NASTY }, AT),
    systemKeyMail(config, { name: NASTY, role: 'ADMIN', scope: 'full', madeBy: NASTY }, AT),
  ].map(renderMail)

  test.each(mails)('add no element and no line: $subject', ({ subject, html, text }) => {
    expect(html).not.toContain('<script')
    expect(html).toContain(
      '&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp; Bcc: all@example.com',
    )
    expect(text.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual([])
    expect(`${html}${text}`).not.toMatch(/[\r\u202e]/)
    expect(subject).toMatch(/^\[Bennu\] [\w ]+$/)
  })

  test('are cut where they are very long', () => {
    const long = '\u{1f600}'.repeat(300)
    expect([...shown(long)]).toHaveLength(100)
    expect(shown(long).endsWith('…')).toBe(true)
  })
})

describe('links', () => {
  test('begin with the public address, whatever it ends with', () => {
    expect(publicUrl(config, '/login')).toBe('https://traces.example.com/login')
    const below = testConfig({ server: { rootUrl: 'https://example.com/bennu' } })
    expect(publicUrl(below, '')).toBe('https://example.com/bennu')
    expect(resetUrl(below, 'a.b-c_d')).toBe(
      'https://example.com/bennu/reset-password-with-token?token=a.b-c_d',
    )
  })

  test('hold the path prefix, and the scheme that the port speaks', () => {
    const server = { rootPath: '/bennu', rootUrl: null }
    expect(publicUrl(testConfig({ server }), '/x')).toBe('http://127.0.0.1:6006/bennu/x')
    const files = { certFile: '/c', keyFile: '/k', keyPassword: null, caFile: null }
    const tls = { http: true, grpc: true, ...files }
    expect(publicUrl(testConfig({ server, tls }), '/x')).toBe('https://127.0.0.1:6006/bennu/x')
  })

  test.each([
    ['0.0.0.0', 'http://127.0.0.1:6006/x'],
    ['::', 'http://[::1]:6006/x'],
    ['fd00::5', 'http://[fd00::5]:6006/x'],
    ['traces.internal', 'http://traces.internal:6006/x'],
  ])('without one lead to where the server listens: %s', (host, expected) => {
    expect(publicUrl(testConfig({ server: { host } }), '/x')).toBe(expected)
  })

  test('of a welcome are two where a password has to be chosen, and one elsewhere', () => {
    const local = renderMail(welcomeMail(config, { username: 'Ada' }, 'token'))
    expect(local.html).toContain(
      '<a id="reset-url" href="https://traces.example.com/reset-password-with-token?token=token"',
    )
    expect(local.html).toContain('<a id="welcome-url" href="https://traces.example.com"')
    expect(local.text).toContain('https://traces.example.com/reset-password-with-token?token=token')
    const elsewhere = renderMail(welcomeMail(config, { username: 'Ada' }, null))
    expect(elsewhere.html).toContain('<a id="welcome-url" href="https://traces.example.com"')
    expect(elsewhere.html).not.toContain('reset-url')
  })
})

test.each([
  [15, '15 minutes'],
  [1, '1 minute'],
  [0.2, '1 minute'],
  [90, '90 minutes'],
  [120, '2 hours'],
  [10_080, '7 days'],
])('%d minutes are %s', (minutes, expected) => {
  expect(inWords(minutes)).toBe(expected)
})

test.each([
  ['ada@example.com', true],
  ["o'neill+bennu@mail.corp.internal", true],
  ['jörg@bücher.example', true],
  ['admin@localhost', false],
  ['system@localhost', false],
  ['', false],
  [null, false],
  ['a,b@example.com', false],
  ['"a b"@example.com', false],
  ['ada@example.com>', false],
  ['ada@example.com\r\nRCPT TO:<eve@example.com>', false],
  ['ada@@example.com', false],
  ['.ada@example.com', false],
  ['ada@-example.com', false],
  [`${'a'.repeat(65)}@example.com`, false],
])('%j can receive mail: %s', (address, expected) => {
  expect(isMailable(address)).toBe(expected)
})
