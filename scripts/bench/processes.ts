/** What the system knows of processes: time on the processor, memory, and how to hold one to a core. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Clock ticks of /proc, which are hundredths of a second on every Linux. */
const MS_PER_TICK = 10

/** User and system time of all threads so far, milliseconds; 0 for a process that is gone. */
export function cpuMs(pid: number): number {
  const text = readProc(`/proc/${pid}/stat`)
  // The command's name stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_PER_TICK
}

/** Resident memory, megabytes; 0 for a process that is gone. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0) / 1024
}

/** Every process that is a child of this one, of its children, and so on; itself included. */
export function treeOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = /^PPid:\s+(\d+)/m.exec(readProc(`/proc/${name}/status`))?.[1]
    if (parent) parents.set(Number(name), Number(parent))
  }
  const tree = new Set([root])
  for (const member of tree) for (const [pid, parent] of parents) if (parent === member) tree.add(pid)
  return [...tree]
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Sums up the processor time of changing processes: what one has used counts until it is seen to use more. */
export class CpuClock {
  readonly #first = new Map<number, number>()
  readonly #last = new Map<number, number>()

  /** Looks at the processes that there are now. */
  look(pids: readonly number[]): void {
    for (const pid of pids) {
      const now = cpuMs(pid)
      if (!this.#first.has(pid)) this.#first.set(pid, now)
      this.#last.set(pid, Math.max(now, this.#last.get(pid) ?? 0))
    }
  }

  /** Milliseconds between the first look at each process and the last. */
  total(): number {
    let sum = 0
    for (const [pid, last] of this.#last) sum += last - (this.#first.get(pid) ?? 0)
    return sum
  }
}

/** The core that senders are held to: the last one. Null when `taskset` is missing or refuses. */
export function senderCore(): number | null {
  const core = availableParallelism() - 1
  return spawnSync('taskset', ['-c', String(core), 'true']).status === 0 ? core : null
}
