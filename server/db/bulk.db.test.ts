import { asc } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/database'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})

const createdAt = new Date('2026-01-02T03:04:05.678Z')
const project = (name: string) => ({ name, description: null, createdAt, updatedAt: createdAt })
const insert = (rows: ReturnType<typeof project>[]) =>
  db.write((tx) => db.dialect.insertMany(tx, db.t.projects, rows))
const stored = () => db.read.select().from(db.t.projects).orderBy(asc(db.t.projects.id))

describe('insertMany', () => {
  test('gives the ids of ten thousand rows in their order', async () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `p${n}`)
    const ids = await insert(names.map(project))
    const byId = new Map((await stored()).map((row) => [row.id, row.name]))
    expect(ids.map((id) => byId.get(id))).toEqual(names)
  })

  test('keeps every kind of value', async () => {
    const odd = `"quotes" 'single' {braces,commas} \\back\\slash NULL \n € 😀`
    const [id] = await insert([{ ...project(odd), description: null }])
    const row = (await stored()).find((each) => each.id === id)
    expect(row).toMatchObject({ name: odd, description: null, createdAt, gradientStartColor: '#5bdbff' })
  })

  test('keeps JSON text, integers past 2^31 and empty text', async () => {
    const [projectId] = await insert([project('of spans')])
    const { traces, spans } = db.t
    const at = 1_704_164_645_123_456
    const attributes = '{"a": "\\"{},\\\\", "n": 9223372036854775807}'
    await db.write(async (tx) => {
      const trace = { traceId: 'a'.repeat(32), projectId: projectId as number, startTime: at, endTime: at }
      const [traceRowId] = await db.dialect.insertMany(tx, traces, [trace])
      const ids = { traceRowId: traceRowId as number, projectId: projectId as number }
      const span = {
        spanId: 'b'.repeat(16),
        name: '',
        spanKind: 'LLM',
        statusCode: 'OK' as const,
        attributes,
        events: '[]',
      }
      await db.dialect.insertMany(tx, spans, [{ ...ids, ...span, startTime: at, endTime: at }])
    })
    const [row] = await db.read.select().from(spans)
    expect(row).toMatchObject({ name: '', startTime: at, parentId: null })
    expect(row?.attributes.replaceAll(' ', '')).toBe(attributes.replaceAll(' ', ''))
  })

  test('inserts nothing when there is nothing', async () => expect(await insert([])).toEqual([]))

  test('inserts nothing when one row is refused', async () => {
    await expect(insert([project('new'), project('twice'), project('twice')])).rejects.toThrow()
    expect((await stored()).map((row) => row.name)).not.toContain('new')
  })
})

describe('statements that are kept', () => {
  const texts = { description: 'new', gradientStartColor: '#000000' }
  const upsert = { key: ['name'], merge: { description: 'replace' }, returning: [] } as const
  const apply = (name: string, over: object = {}) =>
    db.write((tx) =>
      db.dialect.upsertMany(tx, db.t.projects, [{ ...project(name), ...texts }], { ...upsert, ...over }),
    )
  const named = async (name: string) => (await stored()).find((row) => row.name === name)

  test('of upserts differ by what becomes of a column', async () => {
    const { projectBuckets } = db.t
    const [projectId] = await insert([project('counted')])
    const none = { spanCount: 0, errorCount: 0, promptTokens: 0, completionTokens: 0 }
    const row = { projectId: projectId as number, bucket: 1, shard: 0, traceCount: 2, ...none }
    const count = (how: 'add' | 'replace' | 'greatest') =>
      db.write((tx) =>
        db.dialect.upsertMany(tx, projectBuckets, [{ ...row, latencySketch: Buffer.alloc(0) }], {
          key: ['projectId', 'bucket', 'shard'],
          merge: { traceCount: how },
          returning: ['traceCount'],
        }),
      )
    const counts = [await count('add'), await count('add'), await count('greatest'), await count('replace')]
    expect(counts.flat().map(({ traceCount }) => traceCount)).toEqual([2, 4, 4, 2])
  })

  test('of upserts differ by what they give back', async () => {
    const [id] = await insert([project('given back')])
    expect(await apply('given back', { returning: ['id'] })).toEqual([{ id }])
    expect(await apply('given back', { returning: ['name'] })).toEqual([{ name: 'given back' }])
    expect(await apply('given back')).toEqual([])
  })

  test('of upserts differ by the columns that change', async () => {
    await insert([project('changed')])
    await apply('changed')
    expect(await named('changed')).toMatchObject({ description: 'new', gradientStartColor: '#5bdbff' })
    await apply('changed', { merge: { gradientStartColor: 'replace' } })
    expect(await named('changed')).toMatchObject({ gradientStartColor: '#000000' })
  })

  test('of updates differ by the key', async () => {
    const [id] = await insert([project('first')])
    const row = { id: id as number, name: 'first', description: 'by name' }
    const update = (over: object, key: 'id' | 'name') =>
      db.write((tx) => db.dialect.updateMany(tx, db.t.projects, [{ ...row, ...over }], [key]))
    await update({}, 'name')
    await update({ name: 'second' }, 'id')
    expect(await named('second')).toMatchObject({ id, description: 'by name' })
  })
})
