/**
 * Loaded into every process of a measured program (NODE_OPTIONS=--import): samples the event-loop delay of web's main
 * thread, and writes its 99th percentile in milliseconds to EVENT_LOOP_REPORT at SIGUSR2.
 */
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.argv[1]?.endsWith('/web.js')) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  // Starting up is not part of the measurement.
  process.on('SIGUSR1', () => delay.reset())
  process.on('SIGUSR2', () => {
    // The timer's own period is part of each sample.
    writeFileSync(process.env.EVENT_LOOP_REPORT, String(delay.percentile(99) / 1e6 - 10))
  })
  delay.enable()
}
