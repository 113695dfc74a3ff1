/** Runs the children of `bennu serve` until a signal or a child that cannot live ends it. */
import type { Logger } from 'pino'
import type { Config } from '#server/config/model'
import type { Checkpoints } from '#server/db/checkpoints'
import { PROCESS_NAMES, type ProcessName } from '#server/process/messages'
import type { Ports } from '#server/process/ports'
import { printBanner } from './banner'
import { entryOf } from './entries'
import { SupervisedChild } from './supervised-child'

export interface SuperviseOptions {
  config: Config
  only: ProcessName | undefined
  dev: boolean
  log: Logger
  /** Fires at the first SIGTERM or SIGINT; `now` at the second. */
  signals: StopSignals
}

export interface StopSignals {
  onStop(listener: () => void): void
  onNow(listener: () => void): void
}

/**
 * Resolves with the exit code: 0 when told to stop, 1 when a child was given up (its sentence is on stderr then).
 * @throws StartError when a port that was chosen for metrics cannot be had
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { config, only, dev, log, signals } = options
  let ending = false
  let greeted = false
  const names = only ? [only] : PROCESS_NAMES
  const children = names.map((name, index) => {
    const speaksForAll = index === 0
    return new SupervisedChild({
      name,
      entry: entryOf(name),
      config,
      dev,
      speaksForAll,
      log,
      onChange,
      onGiveUp,
    })
  })
  const checkpoints = await startCheckpoints(config, log)
  const metrics = config.metrics.enabled ? await openMetrics({ config, log }, children, checkpoints) : null

  function onChange() {
    const ready = children.every((child) => child.listening)
    const ports = { ...portsOf(children), metrics: metrics?.port ?? null }
    for (const child of children) child.send({ kind: 'ready', ready, ports })
    if (!ready || greeted || ending) return
    greeted = true
    printBanner(config, log, ports)
  }

  function onGiveUp(sentence: string) {
    if (!ending) process.stderr.write(`bennu: ${sentence}\n`)
    void end(1)
  }

  async function end(code: number) {
    if (ending) return
    ending = true
    await Promise.all(children.map((child) => child.stop()))
    await Promise.all([metrics?.stop(), checkpoints?.stop()])
    ended(code)
  }

  let ended: (code: number) => void = () => {}
  const exitCode = new Promise<number>((resolve) => {
    ended = resolve
  })
  signals.onStop(() => void end(0))
  signals.onNow(() => {
    for (const child of children) child.kill()
    ended(1)
  })
  process.on('SIGHUP', () => {
    for (const child of children) child.send({ kind: 'reload' })
  })
  for (const child of children) if (!ending) child.start()
  return exitCode
}

async function openMetrics(
  world: { config: Config; log: Logger },
  children: SupervisedChild[],
  checkpoints: Checkpoints | null,
) {
  const { startMetrics } = await import('./metrics')
  const { checkpointReadings } = await import('#server/metrics/checkpoint-readings')
  return startMetrics(world, children, checkpoints ? checkpointReadings(() => checkpoints.stats()) : [])
}

/** One thread for all processes that write the file: here, where nobody waits for an answer. */
async function startCheckpoints({ database }: Config, log: Logger): Promise<Checkpoints | null> {
  if (database.dialect !== 'sqlite') return null
  const { Checkpoints } = await import('#server/db/checkpoints')
  return new Checkpoints(database.file, log)
}

function portsOf(children: SupervisedChild[]): Omit<Ports, 'metrics'> {
  const find = (name: ProcessName) => children.find((child) => child.name === name)
  const collector = find('collector')
  return {
    web: find('web')?.port ?? null,
    grpc: collector?.port ?? null,
    otlpHttp: collector?.otlpHttpPort ?? null,
  }
}
