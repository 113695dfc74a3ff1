/** Before the tests of an engine: one migrated database that every test copies, and PostgreSQL when it is its turn. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { migrate } from '#server/db/migrate'
import { postgresConfig } from './database'
import { startPostgres } from './postgres'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated SQLite file without rows. */
    sqliteTemplate: string
    /** A running server (user postgres, no password) and the name of a migrated database without rows. */
    postgres: { port: number; template: string }
  }
}

const log = pino({ level: 'silent' })

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return project.name === 'postgres' ? setUpPostgres(project) : setUpSqlite(project)
}

async function setUpSqlite(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-template-'))
  const file = join(folder, 'template.db')
  await migrate({ dialect: 'sqlite', file, inMemory: false }, log)
  project.provide('sqliteTemplate', file)
  return async () => rmSync(folder, { recursive: true, force: true })
}

async function setUpPostgres(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  const template = await server.createDatabase()
  // Every test copies the template, so it has the partitions of the days that a run may see, and no more.
  await migrate(postgresConfig({ port: server.port, database: template }), log, 1)
  project.provide('postgres', { port: server.port, template })
  return () => server.stop()
}
