/** CPU profiles of the measured program's processes and threads, and what dominates in each. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROBE = fileURLToPath(new URL('./profile-probe.cjs', import.meta.url))
const SHOWN = 12

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

export class Profiles {
  readonly #folder: string

  /** @param folder made when missing; profiles that lie there are removed */
  constructor(folder: string) {
    this.#folder = resolve(folder)
    mkdirSync(this.#folder, { recursive: true })
    for (const name of this.#files()) rmSync(join(this.#folder, name))
  }

  /** For the program that is to be recorded. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--require ${JSON.stringify(PROBE)}`, BENCH_PROFILES: this.#folder }
  }

  record(isWanted: boolean): void {
    const flag = join(this.#folder, 'recording')
    if (isWanted) writeFileSync(flag, '')
    else rmSync(flag, { force: true })
  }

  /** Says where the profiles lie, and where most of the time went. */
  print(): void {
    for (const name of this.#files()) {
      const path = join(this.#folder, name)
      const { busyMs, top } = summarize(JSON.parse(readFileSync(path, 'utf8')))
      console.log(`\n${path}: busy for ${(busyMs / 1000).toFixed(1)} s`)
      for (const { where, share } of top) console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`)
    }
  }

  #files(): string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith('.cpuprofile'))
  }
}

/** Idle, outside of JavaScript, or the recording itself. */
const NOT_BUSY = new Set(['(idle)', '(program)', '(root)', 'dispatch'])

/** The functions with the largest own time, as shares of the time the thread was busy. */
function summarize({ nodes, samples, timeDeltas }: Profile) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const own = new Map<string, number>()
  let busyMs = 0
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    if (!frame || NOT_BUSY.has(frame.functionName)) continue
    const ms = (timeDeltas[index] ?? 0) / 1000
    busyMs += ms
    const file = frame.url.split('/').slice(-2).join('/')
    const where = `${frame.functionName || '(anonymous)'} ${file && `${file}:${frame.lineNumber + 1}`}`
    own.set(where, (own.get(where) ?? 0) + ms)
  }
  const sorted = [...own].sort(([, a], [, b]) => b - a).slice(0, SHOWN)
  return { busyMs, top: sorted.map(([where, ms]) => ({ where, share: ms / busyMs })) }
}
