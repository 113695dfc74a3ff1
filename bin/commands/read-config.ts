/** The environment with the command line laid over it, parsed. */
import { parseConfig } from '#server/config'
import type { ConfigReport } from '#server/config/model'

/** Options that stand in place of variables. */
export interface ConfigFlags {
  host?: string
  port?: string
  grpcPort?: string
  databaseUrl?: string
}

const VARIABLE_OF = {
  host: 'PHOENIX_HOST',
  port: 'PHOENIX_PORT',
  grpcPort: 'PHOENIX_GRPC_PORT',
  databaseUrl: 'PHOENIX_SQL_DATABASE_URL',
} as const

/**
 * A flag beats its variable, so a bad value there does no harm then.
 * @throws ConfigError with every problem
 */
export function readConfig(flags: ConfigFlags): ConfigReport {
  const env: Record<string, string | undefined> = { ...process.env }
  for (const [flag, variable] of Object.entries(VARIABLE_OF)) {
    const value = flags[flag as keyof ConfigFlags]
    if (value === undefined) continue
    env[variable] = value
    delete env[`${variable}_FILE`]
  }
  return parseConfig(env)
}
