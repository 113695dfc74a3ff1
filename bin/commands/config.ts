import { describeConfig } from '#server/config'
import { type ConfigFlags, readConfig } from './read-config'

/** `bennu config`: the effective values on stdout, warnings on stderr. */
export function printConfig(flags: ConfigFlags): void {
  const { config, warnings } = readConfig(flags)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  process.stdout.write(`${describeConfig(config).join('\n')}\n`)
}
