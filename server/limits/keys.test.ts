import { expect, test } from 'vitest'
import { digestOf, networkOf } from '#server/limits/keys'
import { TEST_SECRET, testConfig } from '../../test/runtime'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '::/64'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('a digest names nobody, and is another under another secret', () => {
  const digest = digestOf(testConfig(), 'name', 'ada@example.com')
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  const other = testConfig({ auth: { secret: 'another-secret-0123456789-abcdefghi' } as never })
  expect(digestOf(other, 'name', 'ada@example.com')).not.toBe(digest)
})

test('servers with a new and an earlier secret count together with those that have the earlier one alone', () => {
  const both = { secret: 'another-secret-0123456789-abcdefghi', previousSecrets: [TEST_SECRET] }
  const during = testConfig({ auth: both as never })
  expect(digestOf(during, 'rate', '::1')).toBe(digestOf(testConfig(), 'rate', '::1'))
})

test('an address and a name of the same text have different digests', () => {
  expect(digestOf(testConfig(), 'name', '::1')).not.toBe(digestOf(testConfig(), 'rate', '::1'))
})
