/**
 * The log: pino, written synchronously to the process's own streams. One line is one record, whatever
 * a client sent; secrets are masked before a line is made. Warnings and worse go to stderr.
 */
import pino from 'pino'
import { humanLine } from '#server/log/human'
import { BINDING_PATHS, MASK, maskFields, maskLine } from '#server/log/mask'

export interface LogOptions {
  /** Which process writes: `bennu`, `web`, `collector`, … It becomes part of the logger name. */
  process: string
  /** Where lines go instead of stdout and stderr; for tests. */
  destination?: { write(line: string): unknown }
  /** Where warnings and worse go; `destination`, else stderr, when left out. */
  errorDestination?: { write(line: string): unknown }
}

const LEVEL_NAMES: Record<string, string> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}
const WARNING = pino.levels.values.warn ?? 40

/**
 * The logger's name lives on the instance, so that a child replaces it rather than repeating the key. `Symbol.for`,
 * because Next bundles a copy of this module of its own, and that copy must find the name too.
 */
const NAME = Symbol.for('bennu.loggerName')
type Named = { [NAME]?: string }

/** The logger of one process. Children made with `.child({ requestId })` keep its name. */
export function createLogger(
  config: { level: string; structured: boolean },
  options: LogOptions,
): pino.Logger {
  const logger = pino(
    {
      level: config.level,
      base: undefined,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: LEVEL_NAMES[label] ?? label.toUpperCase() }),
        log: (fields) => maskFields(fields),
      },
      redact: { paths: BINDING_PATHS, censor: MASK },
      serializers: { err: (error: unknown) => error },
      mixin: (_fields, _level, instance) => ({ logger: (instance as Named)[NAME] }),
    },
    splitStream(config.structured, options),
  )
  return named(logger, `bennu.${options.process}`)
}

/** A child for authentication and audit: its name contains `auth`, so that a search finds its lines. */
export function authLogger(log: pino.Logger): pino.Logger {
  const name = (log as Named)[NAME] ?? 'bennu'
  return name.endsWith('.auth') ? log : named(log.child({}), `${name}.auth`)
}

function named(logger: pino.Logger, name: string): pino.Logger {
  Object.defineProperty(logger, NAME, { value: name })
  return logger
}

/** A stream that pino tells the level of each line, and that finishes the line for its reader. */
function splitStream(structured: boolean, options: LogOptions): pino.DestinationStream {
  const out = options.destination ?? pino.destination({ dest: 1, sync: true })
  const err = options.errorDestination ?? options.destination ?? pino.destination({ dest: 2, sync: true })
  return {
    // pino sets lastLevel before each write to a stream that carries this mark.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      const safe = maskLine(line)
      const target = this.lastLevel >= WARNING ? err : out
      target.write(structured ? safe : humanLine(safe))
    },
  } as pino.DestinationStream & { lastLevel: number }
}
