/**
 * Moves what was committed from SQLite's write-ahead log into the file, on a connection and a thread of its own: done by
 * the writer, as SQLite does by itself, it makes a commit wait for hundreds of milliseconds.
 *
 * A passive checkpoint disturbs nobody, but a writer that never rests keeps the log from ever starting over. So once the
 * log is large and little of it is left to move, the writers are held for a moment. Should all this fail, the writers'
 * own checkpoint bounds the log (see sqlite-connection.ts).
 */
import Sqlite from 'better-sqlite3'

const MIB = 1024 * 1024

export interface CheckpointRules {
  /** Bytes not yet moved at which they are. */
  passiveBytes: number
  /** Size of the log at which it shall start over. Writers wait while it does, so little may be left to move … */
  restartBytes: number
  /** … unless the log has grown to this. */
  hardBytes: number
  /** Time without a commit after which the log is moved whole and cut to nothing. */
  idleMs: number
}

/** Steps small enough that none takes long, a log small enough that the machine's memory holds it. */
const RULES: CheckpointRules = {
  passiveBytes: 8 * MIB,
  restartBytes: 64 * MIB,
  hardBytes: 192 * MIB,
  idleMs: 2_000,
}

/** How long a checkpoint that needs the writers out of the way waits for them, and for readers of the log. */
const BUSY_MS = 30
const BUSY_TICK_MS = 20
const IDLE_TICK_MS = 250

export type CheckpointMode = 'passive' | 'restart' | 'truncate'

/** A checkpoint that was made or tried. */
export interface Checkpoint {
  mode: CheckpointMode
  milliseconds: number
  /** Whether somebody was in the way, so that it could not be finished. */
  busy: boolean
}

interface LogState {
  /** Bytes of the log that are in use, and those of them that are not yet in the file. */
  size: number
  pending: number
}

export class Checkpointer {
  readonly #connection: Sqlite.Database
  readonly #rules: CheckpointRules
  readonly #onCheckpoint: (checkpoint: Checkpoint) => void
  readonly #pageBytes: number
  #last: LogState = { size: 0, pending: 0 }
  #unchangedSince = performance.now()
  #isCut = false

  /** Opens an existing file. @throws the driver's error */
  constructor(
    file: string,
    onCheckpoint: (checkpoint: Checkpoint) => void,
    rules: Partial<CheckpointRules> = {},
  ) {
    this.#connection = new Sqlite(file, { fileMustExist: true, timeout: BUSY_MS })
    this.#connection.pragma('synchronous = FULL')
    this.#pageBytes = this.#connection.pragma('page_size', { simple: true }) as number
    this.#rules = { ...RULES, ...rules }
    this.#onCheckpoint = onCheckpoint
  }

  /** Bytes of the log that were in use when it was last looked at. */
  get walBytes(): number {
    return this.#last.size
  }

  /** Looks at the log and does what is due. Returns after how many milliseconds to look again. @throws the driver's error */
  tick(): number {
    const log = this.#note(this.#ask('NOOP'))
    const idleMs = performance.now() - this.#unchangedSince
    if (idleMs >= this.#rules.idleMs) {
      this.#cut()
      return IDLE_TICK_MS
    }
    if (log.pending >= this.#rules.passiveBytes) this.#run('passive')
    if (this.#mayRestart()) this.#run('restart')
    return BUSY_TICK_MS
  }

  close(): void {
    this.#connection.close()
  }

  /** A reader may be in the way for long: it is not asked again at once. */
  #cut(): void {
    if (this.#isCut) return
    this.#isCut = !this.#run('truncate').busy
    this.#unchangedSince = performance.now()
  }

  #mayRestart(): boolean {
    const { size, pending } = this.#last
    const { restartBytes, hardBytes, passiveBytes } = this.#rules
    return size >= hardBytes || (size >= restartBytes && pending <= passiveBytes)
  }

  #run(mode: CheckpointMode): Checkpoint {
    const since = performance.now()
    const { busy } = this.#ask(mode.toUpperCase())
    const checkpoint = { mode, milliseconds: performance.now() - since, busy: busy === 1 }
    this.#last = this.#stateOf(this.#ask('NOOP'))
    this.#onCheckpoint(checkpoint)
    return checkpoint
  }

  /** Remembers the log as it is, and since when nothing was added to it. */
  #note(answer: Answer): LogState {
    const log = this.#stateOf(answer)
    if (log.size !== this.#last.size || log.pending !== this.#last.pending) {
      this.#unchangedSince = performance.now()
      this.#isCut = false
    }
    this.#last = log
    return log
  }

  #stateOf({ log, checkpointed }: Answer): LogState {
    return { size: log * this.#pageBytes, pending: (log - checkpointed) * this.#pageBytes }
  }

  /** NOOP only counts: SQLite 3.51 and newer. */
  #ask(mode: string): Answer {
    const [answer] = this.#connection.pragma(`wal_checkpoint(${mode})`) as Answer[]
    return answer ?? { busy: 1, log: 0, checkpointed: 0 }
  }
}

/** Whether it was kept from finishing; pages in the log, and those of them that are in the file. */
interface Answer {
  busy: number
  log: number
  checkpointed: number
}
