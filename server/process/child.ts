/**
 * The life of a child process of `bennu serve`: it waits for its configuration, starts, reports, and ends when it is
 * told to or when the supervisor is gone. The web and the collector process differ only in what they start.
 */
import { settleNoted } from '#server/audit/background'
import { settleUses } from '#server/auth/last-use'
import type { Config } from '#server/config/model'
import { createRuntime } from '#server/process/create-runtime'
import { StartError } from '#server/process/listen'
import type { MessageFromChild, MessageToChild, ProcessName } from '#server/process/messages'
import { setPorts } from '#server/process/ports'
import { removePrivateDatabase } from '#server/process/private-database'
import type { Runtime } from '#server/runtime'

/** What a child runs: something that listens and can be told to stop. */
export interface Service {
  port: number
  /** Where OTLP over HTTP has a port of its own; null when it has none. */
  otlpHttpPort?: number | null
  /** Takes nothing new and resolves when what was taken is done, at the latest after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export type StartService = (runtime: Runtime, options: { dev: boolean }) => Promise<Service>

/** A drain the operator asked for. Docker gives ten seconds before it kills. */
const DRAIN_MS = 8_000
/** A drain because the supervisor is gone: a successor wants the port and the file. */
const ORPHAN_DRAIN_MS = 1_000
const ORPHAN_LIMIT_MS = 1_500

interface Life {
  config: Config | null
  runtime: Runtime | null
  service: Service | null
  everythingListens: boolean
  ending: boolean
}

/** Runs a child's main: call it last in the process's main file. Exits the process when the child's life is over. */
export function runChild(name: ProcessName, start: StartService): void {
  if (!process.send) {
    process.stderr.write('bennu: this file is started by `bennu serve`, not by hand\n')
    process.exit(2)
  }
  const life: Life = { config: null, runtime: null, service: null, everythingListens: false, ending: false }
  process.on('message', (message: MessageToChild) => {
    if (message.kind === 'start') void begin(name, life, message, start)
    if (message.kind === 'ready') {
      life.everythingListens = message.ready
      setPorts(message.ports)
    }
    if (message.kind === 'metrics') void tellMetrics(life, message.id)
    if (message.kind === 'reload') void life.runtime?.tls?.look()
    if (message.kind === 'stop') void end(life, DRAIN_MS)
  })
  process.on('disconnect', () => orphaned(life))
  // A terminal tells everybody; the supervisor passes it on.
  process.on('SIGHUP', () => {})
  process.on('SIGTERM', () => void end(life, DRAIN_MS))
  process.on('SIGINT', () => void end(life, DRAIN_MS))
}

async function begin(
  name: ProcessName,
  life: Life,
  message: Extract<MessageToChild, { kind: 'start' }>,
  start: StartService,
): Promise<void> {
  try {
    life.config = message.config
    life.runtime = await createRuntime({
      config: message.config,
      process: name,
      speaksForAll: message.speaksForAll,
      isReady: () => life.everythingListens,
    })
    dieLoudly(life.runtime)
    life.service = await start(life.runtime, { dev: message.dev })
    const { port, otlpHttpPort = null } = life.service
    tell({ kind: 'listening', port, otlpHttpPort })
  } catch (error) {
    if (life.ending) return
    life.runtime?.log.debug({ err: error }, 'cannot start')
    tell({ kind: 'failed', sentence: sentenceOf(error) }, () => process.exit(1))
  }
}

async function tellMetrics({ runtime }: Life, id: number): Promise<void> {
  try {
    tell({ kind: 'metrics', id, text: (await runtime?.metrics?.text()) ?? '' })
  } catch (error) {
    runtime?.log.error({ err: error }, 'the metrics cannot be told')
  }
}

/** Drains and exits 0. A second call changes nothing. */
async function end(life: Life, graceMs: number): Promise<void> {
  if (life.ending) return
  life.ending = true
  setTimeout(() => {
    life.runtime?.log.warn('the time to stop is over; what was still under way is cut off')
    process.exit(0)
  }, graceMs + 500).unref()
  try {
    await life.service?.stop(graceMs)
    await life.runtime?.ingest.drain()
    if (life.runtime) await writeWhatIsNoted(life.runtime)
    await life.runtime?.db.close()
  } catch (error) {
    life.runtime?.log.error({ err: error }, 'could not stop cleanly')
  }
  process.exit(0)
}

async function writeWhatIsNoted({ db }: Runtime): Promise<void> {
  await settleNoted(db)
  await settleUses(db)
}

/** Nobody supervises any more: end fast, and clear away the private file that the supervisor can no longer remove. */
function orphaned(life: Life): void {
  process.on('exit', () => removePrivateDatabase(life.config))
  setTimeout(() => process.exit(0), ORPHAN_LIMIT_MS)
  life.runtime?.log.warn('the supervisor is gone; stopping')
  void end(life, ORPHAN_DRAIN_MS)
}

/** A fault nobody caught leaves unknown state behind: say so once and let the supervisor start afresh. */
function dieLoudly(runtime: Runtime): void {
  process.on('uncaughtException', (error) => {
    runtime.log.fatal({ err: error }, 'uncaught fault')
    process.exit(1)
  })
}

function tell(message: MessageFromChild, done?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => done?.())
  else done?.()
}

function sentenceOf(error: unknown): string {
  if (error instanceof StartError) return error.message
  return error instanceof Error ? error.message : String(error)
}
