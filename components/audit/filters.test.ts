import { expect, test } from 'vitest'
import { type AuditFilters, isFiltering, queryOf } from './filters'

const NOW = Date.UTC(2026, 4, 2, 12)
const none: AuditFilters = {
  action: null,
  outcome: null,
  actor: '',
  target: '',
  address: '',
  range: 'all',
  from: '',
  until: '',
}
const query = (filters: Partial<AuditFilters>) => Object.fromEntries(queryOf({ ...none, ...filters }, NOW))

test('without filters nothing is asked for', () => {
  expect([query({}), isFiltering(none)]).toEqual([{}, false])
})

test('what is set is asked for', () => {
  expect(query({ action: 'session.login', outcome: 'failure', actor: 'ada', address: '::1' })).toEqual({
    action: 'session.login',
    outcome: 'failure',
    actor: 'ada',
    address: '::1',
  })
  expect(isFiltering({ ...none, target: 'x' })).toBe(true)
})

test('a range that ends now begins so long ago', () => {
  expect(query({ range: '24h', from: '2020-01-01' })).toEqual({ from: '2026-05-01T12:00:00.000Z' })
})

test('days of a range are both included', () => {
  expect(query({ range: 'custom', from: '2026-04-01', until: '2026-04-30' })).toEqual({
    from: '2026-04-01T00:00:00.000Z',
    until: '2026-05-01T00:00:00.000Z',
  })
})

test('a day that is none, or only half typed, is not asked for', () => {
  expect(query({ range: 'custom', from: '2026-13-99', until: '20' })).toEqual({})
})
