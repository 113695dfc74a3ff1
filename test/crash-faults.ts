/** What happens to servers: the faults of the crash tests. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Scene } from './crash-rounds'
import type { PostgresServer } from './postgres'
import { type Program, tryKill, until } from './program'
import type { SenderOptions } from './senders'
import type { SmallDisk } from './small-disk'

/** SIGKILL of a child; the supervisor starts another. */
export function killChild(name: 'web' | 'collector'): Fault {
  return {
    replaces: [name],
    strike: async ({ program }) => {
      const pid = await until(name, () => program.childPid(name))
      tryKill(pid, 'SIGKILL')
      await until(`a new ${name}`, () => (program.childPid(name) ?? pid) !== pid)
      await program.untilHealthy()
    },
  }
}

const EVERYTHING = ['supervisor', 'web', 'collector'] as const

/** SIGKILL of supervisor, web and collector, and a new start. */
export const killTree: Fault = {
  replaces: EVERYTHING,
  strike: async ({ program, startAgain }) => {
    program.killTree()
    await program.exited
    await startAgain()
  },
}

/** SIGTERM, which lets the program finish what it has taken, and a new start. */
export const terminate: Fault = {
  replaces: EVERYTHING,
  strike: async ({ program, startAgain }) => {
    program.signal('SIGTERM')
    const exit = await program.exited
    if (exit.code !== 0)
      throw new Error(`SIGTERM ended it with ${JSON.stringify(exit)}:\n${program.output()}`)
    await startAgain()
  },
}

/** Enough at a time that the collector stores in two transactions at once. */
const MUCH: SenderOptions = { valueCharacters: 16_000 }

/** SIGKILL of every process of PostgreSQL, and a new start. */
export const killDatabase = (server: PostgresServer): Fault => ({
  replaces: [],
  senders: MUCH,
  strike: async () => {
    await server.kill('SIGKILL')
    await server.start()
  },
})

/** PostgreSQL is shut down, connections and all, and comes back after a while. */
export const stopDatabase = (server: PostgresServer, stoppedMs: number): Fault => ({
  replaces: [],
  strike: async () => {
    await server.kill('SIGINT')
    await sleep(stoppedMs)
    await server.start()
  },
})

/** PostgreSQL is there and does not answer, as when its disk hangs. */
export const freezeDatabase = (server: PostgresServer, frozenMs: number): Fault => ({
  replaces: [],
  strike: async () => {
    server.pause()
    try {
      await sleep(frozenMs)
    } finally {
      server.resume()
    }
  },
})

/** Somebody fills the disk; spans are refused; there is room again. */
export const fillDisk = (disk: SmallDisk): Fault => ({
  replaces: [],
  // Large enough that what was set aside for the log is soon used up.
  senders: { valueCharacters: 4_000 },
  strike: async ({ program, senders }) => {
    disk.fill()
    try {
      await untilRefused(program, senders)
      await until('the log to say why', () => program.output().includes('the storage is full'))
    } finally {
      disk.free()
    }
  },
})

async function untilRefused(program: Program, senders: Scene['senders']): Promise<void> {
  const failures = () => senders.map((sender) => sender.failures)
  const before = failures()
  const refused = () => failures().every((count, index) => count > (before[index] ?? 0))
  await until(`every sender to be refused:\n${program.output().slice(-500)}`, refused, 60_000)
}
