import { describe, expect, test } from 'vitest'
import { postgresDialect } from '#server/db/dialect.postgres'
import { sqliteDialect } from '#server/db/dialect.sqlite'
import { assertSessionAttrs, assertVersion } from '#server/db/postgres-pool'

const coded = (code: string) => Object.assign(new Error('driver'), { code })
const wrapped = (code: string) => new Error('outer', { cause: new Error('middle', { cause: coded(code) }) })

describe('transient on PostgreSQL', () => {
  test.each([
    ...['57P01', '57P02', '57P03', '08000', '08003', '08006', '08001', '40001', '40P01', '53300'],
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'],
  ])('%s is', (code) => expect(postgresDialect.isTransient(wrapped(code))).toBe(true))

  test.each(['23505', '28P01', '42P01', '53100', '22P02'])('%s is not', (code) =>
    expect(postgresDialect.isTransient(wrapped(code))).toBe(false),
  )

  test.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])('the driver’s "%s", which has no code, is', (message) =>
    expect(postgresDialect.isTransient(new Error(message))).toBe(true),
  )

  test('an attempt at several addresses is when one of them is', () =>
    expect(postgresDialect.isTransient(new AggregateError([coded('28000'), coded('ECONNREFUSED')]))).toBe(
      true,
    ))
})

describe('transient on SQLite', () => {
  test.each(['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'])(
    '%s is',
    (code) => expect(sqliteDialect.isTransient(wrapped(code))).toBe(true),
  )
  test.each(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_FULL', 'SQLITE_CORRUPT', 'SQLITE_ERROR'])(
    '%s is not',
    (code) => expect(sqliteDialect.isTransient(wrapped(code))).toBe(false),
  )
})

describe('storage full', () => {
  test.each(['53100', 'ENOSPC'])('%s on PostgreSQL', (code) =>
    expect(postgresDialect.isStorageFull(wrapped(code))).toBe(true),
  )
  test.each(['SQLITE_FULL', 'ENOSPC'])('%s on SQLite', (code) =>
    expect(sqliteDialect.isStorageFull(wrapped(code))).toBe(true),
  )
  test('is nothing that trying again mends', () =>
    expect(postgresDialect.isTransient(coded('53100'))).toBe(false))
})

test.each([null, undefined, 'text', 7, {}])('%j is no error of a database', (value) => {
  for (const dialect of [sqliteDialect, postgresDialect]) {
    expect(
      dialect.isUniqueViolation(value) || dialect.isTransient(value) || dialect.isStorageFull(value),
    ).toBe(false)
  }
})

test('an error that is its own cause is judged all the same', () => {
  const error = coded('23505')
  error.cause = error
  expect(postgresDialect.isUniqueViolation(error)).toBe(true)
})

describe('the version of the server', () => {
  test.each([140000, 150008, 180001])('%i is taken', (version) =>
    expect(() => assertVersion(version)).not.toThrow(),
  )
  test('13 is refused with a sentence that names both versions', () =>
    expect(() => assertVersion(130014)).toThrow(
      'The database server is PostgreSQL 13; Bennu needs PostgreSQL 14 or newer',
    ))
  test('9.6 is refused', () => expect(() => assertVersion(90624)).toThrow('PostgreSQL 9'))
})

describe('target_session_attrs', () => {
  const server = {
    primary: [false, false],
    'read-only primary': [false, true],
    standby: [true, true],
  } as const
  test.each([
    ['any', 'primary', 'read-only primary', 'standby'],
    ['read-write', 'primary'],
    ['read-only', 'read-only primary', 'standby'],
    ['primary', 'primary', 'read-only primary'],
    ['standby', 'standby'],
    ['prefer-standby', 'primary', 'read-only primary', 'standby'],
  ] as const)('%s takes its kinds of server only', (wanted, ...taken) => {
    const fits = Object.entries(server).filter(([, [standby, readOnly]]) => {
      try {
        assertSessionAttrs(wanted, standby, readOnly)
        return true
      } catch {
        return false
      }
    })
    expect(fits.map(([name]) => name)).toEqual(taken)
  })
})
