/** How far a long command is: a bar for people, a line now and then for logs. */
import { Presets, SingleBar } from 'cli-progress'

const MS_BETWEEN_LINES = 10_000

export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean }

/** One part of the work. */
export interface StepProgress {
  step: string
  done: number
  total: number
}

export interface ProgressDisplay {
  tell(progress: StepProgress): void
  /** Leaves what is shown as it is, and the cursor below it. */
  stop(): void
}

/** A bar for each step on a terminal; elsewhere its first and last line, and one every ten seconds in between. */
export function showProgress(stream: ProgressStream, now: () => number = Date.now): ProgressDisplay {
  return stream.isTTY ? showBars(stream) : showLines(stream, now)
}

function showBars(stream: ProgressStream): ProgressDisplay {
  let bar: SingleBar | null = null
  let current: string | null = null
  const stop = () => {
    bar?.stop()
    bar = null
  }
  const start = (step: string, total: number) => {
    stop()
    current = step
    const format = `${step.padEnd(9)} {bar} {percentage} % | {value} of {total} | {eta_formatted} left`
    // Ending on a signal is up to the command.
    bar = new SingleBar({ stream, format, hideCursor: false, gracefulExit: false }, Presets.shades_classic)
    bar.start(total, 0)
  }
  return {
    stop,
    tell: ({ step, done, total }) => {
      if (step !== current) start(step, total)
      bar?.update(done)
    },
  }
}

function showLines(stream: ProgressStream, now: () => number): ProgressDisplay {
  let current: string | null = null
  let lastLine = Number.NEGATIVE_INFINITY
  let isComplete = false
  return {
    stop: () => {},
    tell: ({ step, done, total }) => {
      const isNew = step !== current
      const isEnd = done === total
      const isDue = now() - lastLine >= MS_BETWEEN_LINES
      if (!isNew && (isComplete || !(isEnd || isDue))) return
      current = step
      isComplete = isEnd
      lastLine = now()
      stream.write(`${step}: ${done} of ${total}\n`)
    },
  }
}
