import { describeDatabase } from '#server/db/describe'
import { downgrade, migrate, migrationStatus } from '#server/db/migrate'
import { isAppError } from '#server/errors'
import { createLogger } from '#server/log'
import { type ConfigFlags, readConfig } from './read-config'

/** `bennu db migrate`: brings the tables up to date; nothing happens when they are. */
export async function migrateDatabase(flags: ConfigFlags): Promise<void> {
  const { config, log } = open(flags)
  await migrate(config.database, log)
  await sayStatus(config.database)
}

/** `bennu db downgrade --to N`: takes migrations back until N remain. */
export async function downgradeDatabase(flags: ConfigFlags & { to: number }): Promise<void> {
  const { config, log } = open(flags)
  await downgrade(config.database, { to: flags.to }, log)
  await sayStatus(config.database)
}

/** `bennu db status`: one line for each migration; changes nothing. */
export async function printStatus(flags: ConfigFlags): Promise<void> {
  await sayStatus(open(flags).config.database)
}

function open(flags: ConfigFlags) {
  const { config } = readConfig(flags)
  return { config, log: createLogger(config.log, { process: 'bennu db' }) }
}

async function sayStatus(database: Parameters<typeof migrationStatus>[0]): Promise<void> {
  const { applied, pending, unknown } = await migrationStatus(database).catch((cause: unknown) => {
    if (isAppError(cause)) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${describeDatabase(database)} cannot be asked: ${why}`, { cause })
  })
  const lines = [
    ...applied.map((name) => `${unknown.includes(name) ? 'unknown' : 'applied'}  ${name}`),
    ...pending.map((name) => `pending  ${name}`),
  ]
  process.stdout.write(`${describeDatabase(database)}\n${lines.map((line) => `  ${line}\n`).join('')}`)
}
