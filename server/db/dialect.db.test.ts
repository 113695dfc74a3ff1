import { asc, eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/database'

const now = new Date(1_700_000_000_000)
let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})

const addProject = (name: string) =>
  db.write((tx) => tx.insert(db.t.projects).values({ name, createdAt: now, updatedAt: now }).returning())

async function storeSpan(attributes: string): Promise<number> {
  const { traces, spans } = db.t
  const hex = Math.random().toString(16).slice(2, 14).padEnd(16, '0')
  const [project] = await addProject(`project ${hex}`)
  const projectId = project?.id ?? 0
  return db.write(async (tx) => {
    const [trace] = await tx
      .insert(traces)
      .values({ traceId: hex + hex, projectId, startTime: 1, endTime: 2 })
      .returning()
    const [span] = await tx
      .insert(spans)
      .values({
        traceRowId: trace?.id ?? 0,
        projectId,
        spanId: hex,
        name: 'span',
        spanKind: 'LLM',
        startTime: 1,
        endTime: 2,
        statusCode: 'OK',
        attributes,
        events: '[]',
      })
      .returning()
    return span?.id ?? 0
  })
}

describe('containsText', () => {
  const find = async (needle: string) => {
    const { projects } = db.t
    const rows = await db.read
      .select({ name: projects.name })
      .from(projects)
      .where(db.dialect.containsText(projects.name, needle))
      .orderBy(asc(projects.id))
    return rows.map((row) => row.name)
  }
  beforeAll(async () => {
    for (const name of ['Alpha Beta', '50% off', '50 off', 'a_b', 'aXb', 'ÄRGER']) await addProject(name)
  })
  test('is blind to case', async () => expect(await find('pHa bE')).toEqual(['Alpha Beta']))
  test('is blind to the case of letters beyond ASCII', async () =>
    expect(await find('ärg')).toEqual(['ÄRGER']))
  test('takes % as an ordinary character', async () => expect(await find('0% o')).toEqual(['50% off']))
  test('takes _ as an ordinary character', async () => expect(await find('a_b')).toEqual(['a_b']))
  test('finds nothing where there is nothing', async () => expect(await find('nowhere')).toEqual([]))
})

describe('JSON paths', () => {
  const json =
    '{"llm":{"model_name":"gpt","n":9223372036854775807,"x":1.5,"on":true,"off":false,"nothing":null,' +
    '"input.messages":"dotted","messages":[{"role":"user"}],"0":"zero"},' +
    '"say \\"hi\\"":"quoted","back\\\\slash":"slashed","é ✓":"accent","":"empty","it\'s":"apostrophe","a]b[0":"brackets"}'
  const cases: [path: string[], text: string | null, type: string | null][] = [
    [['llm', 'model_name'], 'gpt', 'string'],
    [['llm', 'n'], '9223372036854775807', 'number'],
    [['llm', 'x'], '1.5', 'number'],
    [['llm', 'on'], 'true', 'boolean'],
    [['llm', 'off'], 'false', 'boolean'],
    [['llm', 'nothing'], null, 'null'],
    [['llm', 'absent'], null, null],
    [['llm', 'input.messages'], 'dotted', 'string'],
    [['llm', 'messages'], null, 'array'],
    [['llm', 'messages', '0'], null, 'object'],
    [['llm', 'messages', '0', 'role'], 'user', 'string'],
    [['llm', '0'], 'zero', 'string'],
    [['llm'], null, 'object'],
    [['say "hi"'], 'quoted', 'string'],
    [['back\\slash'], 'slashed', 'string'],
    [['é ✓'], 'accent', 'string'],
    [[''], 'empty', 'string'],
    [["it's"], 'apostrophe', 'string'],
    [['a]b[0'], 'brackets', 'string'],
  ]
  let id: number
  beforeAll(async () => {
    id = await storeSpan(json)
  })
  test.each(cases)('%j holds %j, a %j', async (path, text, type) => {
    const { spans } = db.t
    const [found] = await db.read
      .select({
        text: db.dialect.jsonTextAt(spans.attributes, path),
        type: db.dialect.jsonTypeAt(spans.attributes, path),
      })
      .from(spans)
      .where(eq(spans.id, id))
    expect(found).toEqual({ text, type })
  })
})

describe('JSON text', () => {
  const readBack = async (text: string) => {
    const { spans } = db.t
    const id = await storeSpan(text)
    const [row] = await db.read.select({ attributes: spans.attributes }).from(spans).where(eq(spans.id, id))
    return row?.attributes ?? ''
  }
  test('comes back as text', async () => expect(typeof (await readBack('{"a":1}'))).toBe('string'))
  test('keeps every digit of 2^63-1', async () =>
    expect(await readBack('{"a": 9223372036854775807}')).toContain('9223372036854775807'))
  test('keeps the value of 1e300', async () =>
    expect(JSON.parse(await readBack('{"a":1e300}'))).toEqual({ a: 1e300 }))
  test('keeps the value of 5e-324', async () =>
    expect(JSON.parse(await readBack('{"a":5e-324}'))).toEqual({ a: 5e-324 }))
  test('keeps text beyond the basic plane', async () =>
    expect(JSON.parse(await readBack('{"a":"\\ud83d\\ude00 é"}'))).toEqual({ a: '😀 é' }))
})

describe('least and greatest', () => {
  test('choose between a column and a value', async () => {
    const { projects } = db.t
    const [project] = await addProject('compare')
    const id = project?.id ?? 0
    const [row] = await db.read
      .select({
        least: db.dialect.least(projects.id, sql`${id + 5}`),
        greatest: db.dialect.greatest(projects.id, sql`${id + 5}`),
      })
      .from(projects)
      .where(eq(projects.id, id))
    expect(row).toEqual({ least: id, greatest: id + 5 })
  })
})

describe('errors', () => {
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: unknown) => error,
    )
  test('a taken name is a unique violation and nothing else', async () => {
    await addProject('taken')
    const error = await failure(addProject('taken'))
    const { dialect } = db
    expect([
      dialect.isUniqueViolation(error),
      dialect.isTransient(error),
      dialect.isStorageFull(error),
    ]).toEqual([true, false, false])
  })
  test('a taken id is a unique violation', async () => {
    const [project] = await addProject('taken id')
    const again = db.write((tx) =>
      tx
        .insert(db.t.projects)
        .values({ id: project?.id ?? 0, name: 'other', createdAt: now, updatedAt: now })
        .returning(),
    )
    expect(db.dialect.isUniqueViolation(await failure(again))).toBe(true)
  })
  test('a broken check is no unique violation', async () => {
    const odd = db.write((tx) =>
      tx
        .insert(db.t.users)
        .values({
          username: 'x',
          role: 'KING' as 'ADMIN',
          authMethod: 'LOCAL',
          createdAt: now,
          updatedAt: now,
        })
        .returning(),
    )
    expect(db.dialect.isUniqueViolation(await failure(odd))).toBe(false)
  })
  test('the error of a failed statement does not repeat its values', async () => {
    const secret = 'pbkdf2-of-somebody'
    const odd = db.write((tx) =>
      tx
        .insert(db.t.users)
        .values({
          username: secret,
          email: secret,
          profilePictureUrl: secret,
          role: 'KING' as 'ADMIN',
          authMethod: 'LOCAL',
          createdAt: now,
          updatedAt: now,
        })
        .returning(),
    )
    const { inspect } = await import('node:util')
    expect(inspect(await failure(odd), { depth: 10, showHidden: true })).not.toContain(secret)
  })
})

test('counts and sums are numbers', async () => {
  const { projects } = db.t
  await addProject('summed')
  const [row] = await db.read
    .select({ count: sql<number>`count(*)`, sum: sql<number>`sum(${projects.id})` })
    .from(projects)
    .where(eq(projects.name, 'summed'))
  expect([typeof row?.count, typeof row?.sum]).toEqual(['number', 'number'])
})

describe('bytesOnDisk', () => {
  const size = async () => {
    const [row] = await db.read.select({ bytes: db.dialect.bytesOnDisk() }).from(sql`(select 1) as one`)
    return row?.bytes ?? 0
  }
  test('grows with what is stored', async () => {
    const before = await size()
    expect(before).toBeGreaterThan(50_000)
    // Told apart by every character: PostgreSQL compresses long texts.
    const text = Array.from({ length: 400_000 }, () => Math.random().toString(36).charAt(2)).join('')
    await storeSpan(JSON.stringify({ text }))
    expect(await size()).toBeGreaterThan(before + 200_000)
  })
})
