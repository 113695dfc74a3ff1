/** Rows that need several messages, in the text form of COPY. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { copyIn } from '#server/db/postgres-copy'

const COPY = 'copy copied (line) from stdin'
let client: Client
beforeAll(async () => {
  client = new Client({ host: '127.0.0.1', port: inject('postgres').port, user: 'postgres' })
  await client.connect()
  await client.query('create temporary table copied (id integer generated always as identity, line text)')
})
afterAll(() => client.end())

/** Lines of a megabyte, and what PostgreSQL ought to make of them. */
const lines = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(1_000_000))

const copied = async () =>
  (await client.query('select left(line, 1) as first, length(line) as length from copied order by id')).rows

it('sends every chunk whole and in order, an empty one too', async () => {
  const chunks = lines.map((line) => Buffer.from(`${line}\n`))
  await copyIn(client, COPY, [...chunks.slice(0, 2), Buffer.alloc(0), ...chunks.slice(2)])
  expect(await copied()).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((letter) => ({ first: letter, length: 1_000_000 })),
  )
})

it('says what was wrong though more follows, and the connection goes on', async () => {
  await client.query('truncate copied')
  const wrong = Buffer.from('two\tcolumns\n')
  const rest = lines.map((line) => Buffer.from(`${line}\n`))
  await client.query('begin')
  await expect(copyIn(client, COPY, [wrong, ...rest])).rejects.toThrow(
    'extra data after last expected column',
  )
  await client.query('rollback')
  expect(await copied()).toEqual([])
  await copyIn(client, COPY, [Buffer.from('fine\n')])
  expect(await copied()).toEqual([{ first: 'f', length: 4 }])
})
