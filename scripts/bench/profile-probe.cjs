/**
 * Loaded into every process and thread of a measured program (NODE_OPTIONS=--require): records a CPU profile while the
 * file `recording` is in BENCH_PROFILES, and writes it there when the file goes.
 */
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { basename, join } = require('node:path')
const { isMainThread, threadId } = require('node:worker_threads')

const folder = process.env.BENCH_PROFILES
// A thread does not know the file that its process runs.
const command = readFileSync('/proc/self/cmdline', 'utf8').split('\0')
const program = basename(command.find((part) => part.endsWith('.js')) ?? 'node', '.js')
const name = isMainThread ? program : `${program}-thread-${threadId}`
let session = null

const watch = setInterval(() => {
  const wanted = existsSync(join(folder, 'recording'))
  if (wanted && !session) start()
  else if (!wanted && session) stop()
}, 100)
watch.unref()

function start() {
  session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: 500 })
  session.post('Profiler.start')
}

function stop() {
  const ending = session
  session = null
  ending.post('Profiler.stop', (error, result) => {
    if (!error)
      writeFileSync(join(folder, `${name}-${process.pid}.cpuprofile`), JSON.stringify(result.profile))
    ending.disconnect()
  })
}
