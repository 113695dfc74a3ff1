/** What happens to servers: the faults of the crash tests. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Scene } from './crash-rounds'
import type { PostgresServer } from './postgres'
import { tryKill, until } from './program'
import type { Sender, SenderOptions } from './senders'
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
    // It exits with 0 all the same.
    if (/could not stop cleanly|the time to stop is over/.test(program.output()))
      throw new Error(`SIGTERM cut something off:\n${program.output()}`)
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
  strike: async (scene) => {
    const refused = untilRefused(scene)
    try {
      disk.fill()
      await refused()
    } finally {
      disk.free()
    }
  },
})

/** What says to exporters that there is no room: 507 by HTTP, RESOURCE_EXHAUSTED by gRPC. */
const FULL: Record<Sender['transport'], number> = { http: 507, grpc: 8 }

/** Of what comes from now on: every sender is told that the disk is full, and the log says so too. */
function untilRefused({ program, senders }: Scene): () => Promise<void> {
  const written = program.output().length
  const before = senders.map((sender) => sender.refusals.length)
  const said = () => program.output().slice(written)
  const isTold = ({ refusals, transport }: Sender, index: number) =>
    refusals.slice(before[index]).includes(FULL[transport])
  return async () => {
    const what = () => JSON.stringify(senders.map(({ refusals }, index) => refusals.slice(before[index])))
    await until('every sender to be told that the disk is full', () => senders.every(isTold), 60_000).catch(
      (cause) => {
        throw new Error(`told so far: ${what()}\n${said().slice(-500)}`, { cause })
      },
    )
    await until('the log to say why', () => said().includes('the storage is full'))
  }
}
