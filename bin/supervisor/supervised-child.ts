/** One child process and its rules: restarted with back-off when it dies, given up when it cannot live. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Logger } from 'pino'
import type { Config } from '#server/config/model'
import type { MessageFromChild, MessageToChild, ProcessName } from '#server/process/messages'
import { YOUNG_GENERATION_FLAGS } from '#server/process/young-generation'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000
/** This many deaths within this time, and the child is not worth another try. */
const DEATHS_LIMIT = 5
const DEATHS_WINDOW_MS = 60_000
/** A child drains for eight seconds at most; whoever is still there then is stuck. */
const STOP_LIMIT_MS = 10_000

export interface SupervisedChildOptions {
  name: ProcessName
  /** The file to run; the flags of our own Node process are passed on. */
  entry: string
  config: Config
  dev: boolean
  /** Whether this child reports the head of the audit chain. */
  speaksForAll: boolean
  log: Logger
  /** The child began or ceased to listen. */
  onChange: () => void
  /** The child will not be started again, for this reason. */
  onGiveUp: (sentence: string) => void
}

export class SupervisedChild {
  readonly name: ProcessName
  /** Where the child listens, kept over restarts; null until it first did. */
  port: number | null = null
  /** Where it listens for OTLP over HTTP besides; null when it does not. */
  otlpHttpPort: number | null = null
  listening = false
  /** How often it was started again. */
  restarts = 0
  #options: SupervisedChildOptions
  #process: ChildProcess | null = null
  #lastWords: string | null = null
  #deaths: number[] = []
  #stopping = false
  #restart: NodeJS.Timeout | undefined
  #nextQuestion = 1
  readonly #questions = new Map<number, (text: string) => void>()

  constructor(options: SupervisedChildOptions) {
    this.name = options.name
    this.#options = options
  }

  start(): void {
    const { config, dev, speaksForAll, entry } = this.#options
    // By the path of the running Node, never by a name: PATH may be empty.
    const child = fork(entry, [], {
      execPath: process.execPath,
      execArgv: [...YOUNG_GENERATION_FLAGS, ...process.execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process = child
    this.#lastWords = null
    child.on('message', (message: MessageFromChild) => this.#hear(message))
    child.once('error', (error) => this.#buried(child, error.message))
    child.once('exit', (code, signal) => this.#buried(child, signal ?? `exit code ${code}`))
    this.send({ kind: 'start', config: this.#withKnownPort(config), dev, speaksForAll })
  }

  send(message: MessageToChild): void {
    if (!this.#process?.connected) return
    // The child may be gone already: its exit is what counts, not this message.
    this.#process.send(message, () => {})
  }

  /** The child's metrics, or null when it does not tell them in time. */
  async askMetrics(patienceMs: number): Promise<string | null> {
    if (!this.listening) return null
    const id = this.#nextQuestion++
    const told = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), patienceMs)
      this.#questions.set(id, (text) => {
        clearTimeout(timer)
        resolve(text)
      })
      this.send({ kind: 'metrics', id })
    })
    this.#questions.delete(id)
    return told
  }

  /** Lets the child finish what it took; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#restart)
    const child = this.#process
    if (!child) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    this.send({ kind: 'stop' })
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await gone
    clearTimeout(limit)
  }

  kill(): void {
    this.#stopping = true
    this.#process?.kill('SIGKILL')
  }

  /** A child that was given a free port (PHOENIX_PORT=0) must come back on the same one. */
  #withKnownPort(config: Config): Config {
    if (this.port === null) return config
    const port = this.name === 'web' ? { port: this.port } : { grpcPort: this.port }
    return { ...config, server: { ...config.server, ...port } }
  }

  #hear(message: MessageFromChild): void {
    if (message.kind === 'failed') this.#lastWords = message.sentence
    if (message.kind === 'metrics') this.#questions.get(message.id)?.(message.text)
    if (message.kind !== 'listening') return
    this.port = message.port
    this.otlpHttpPort = message.otlpHttpPort
    this.listening = true
    this.#options.onChange()
  }

  #buried(child: ChildProcess, how: string): void {
    if (this.#process !== child) return
    this.#process = null
    this.listening = false
    this.#options.onChange()
    if (this.#stopping) return
    const words = this.#lastWords ?? `the ${this.name} process ended (${how})`
    const sentence = this.#reasonToGiveUp(words)
    if (sentence === null) this.#startLater(words)
    else this.#options.onGiveUp(sentence)
  }

  #reasonToGiveUp(words: string): string | null {
    if (this.port === null) return this.#lastWords ?? `${words} before it was ready`
    const now = Date.now()
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS_WINDOW_MS), now]
    if (this.#deaths.length < DEATHS_LIMIT) return null
    return `the ${this.name} process died ${DEATHS_LIMIT} times within a minute, lastly: ${words}`
  }

  #startLater(words: string): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#deaths.length - 1), LONGEST_PAUSE_MS)
    this.#options.log.error({ child: this.name, pauseMs }, `${words}; it is started again`)
    this.restarts += 1
    this.#restart = setTimeout(() => this.start(), pauseMs)
  }
}
