/** The program that is measured: the built one, with authentication, an exporter's key and somebody signed in. */
import { pino } from 'pino'
import { parseConfig } from '#server/config'
import { openDatabase } from '#server/db/open'
import { createAccount, sessionCookies } from '../../test/accounts'
import { type Program, startProgram } from '../../test/program'
import type { BenchDatabase } from './database'

const ADMIN_SECRET = 'bench-admin-secret-0123456789-abcdef'
const AUTH = {
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_SECRET: 'bench-secret-0123456789-abcdefghijkl',
  PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
}

export interface MeasuredServer {
  program: Program
  /** A system key that may send spans. */
  apiKey: string
  /** The Cookie header of a signed-in person. */
  cookie: string
}

/** @param env variables beside those for authentication and the database */
export async function startServer(
  database: BenchDatabase,
  env: Record<string, string> = {},
): Promise<MeasuredServer> {
  const variables = { ...AUTH, ...database.env, ...env }
  const program = await startProgram({
    env: variables,
    workingDir: database.env.PHOENIX_WORKING_DIR as string,
  })
  try {
    return { program, apiKey: await createKey(program), cookie: await signIn(variables) }
  } catch (error) {
    await program.stop()
    throw error
  }
}

async function createKey({ baseUrl }: Program): Promise<string> {
  const answer = await fetch(`${baseUrl}/v1/system/api_keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
    body: JSON.stringify({ data: { name: 'bench exporter', scope: 'ingest' } }),
  })
  if (answer.status !== 201)
    throw new Error(`No key for the measurement: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { data: { key: string } }).data.key
}

async function signIn(variables: Record<string, string>): Promise<string> {
  const { config } = parseConfig(variables)
  const db = await openDatabase(config.database)
  try {
    const world = { db, config, clock: () => new Date(), log: pino({ level: 'silent' }) }
    return await sessionCookies(
      world,
      await createAccount(world, { role: 'ADMIN', username: 'bench reader' }),
    )
  } finally {
    await db.close()
  }
}
