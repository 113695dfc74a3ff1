/** Every fault on every engine it can happen to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresForCrash, postgresOnDisk, sqliteForCrash, sqliteOnDisk } from './crash-engines'
import {
  fillDisk,
  freezeDatabase,
  killChild,
  killDatabase,
  killTree,
  stopDatabase,
  terminate,
} from './crash-faults'
import { type CrashDatabase, type CrashResult, type Fault, runCrashRounds } from './crash-rounds'
import { type PostgresServer, startPostgres } from './postgres'
import { mountSmallDisk, type SmallDisk, whyNoSmallDisk } from './small-disk'

interface MatrixOptions {
  rounds: number
  /** How long a database that is stopped stays so. */
  stoppedMs: number
  /** Only tests whose names match. */
  only?: RegExp
}

/** In turn, because the supervisor gives up a child that dies five times within a minute. */
const PROGRAM_FAULTS: readonly Fault[] = [killChild('web'), killChild('collector'), killTree, terminate]

/** Registers the tests. */
export function describeCrashes(options: MatrixOptions): void {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  const onPostgres = () => postgresForCrash(server)
  const engines: readonly (readonly [string, () => Promise<CrashDatabase>])[] = [
    ['SQLite', async () => sqliteForCrash],
    ['PostgreSQL', onPostgres],
  ]
  const databaseFaults: readonly (readonly [string, () => Fault])[] = [
    ['PostgreSQL is killed', () => killDatabase(server)],
    [`PostgreSQL is stopped for ${options.stoppedMs} ms`, () => stopDatabase(server, options.stoppedMs)],
    [`PostgreSQL is frozen for ${options.stoppedMs} ms`, () => freezeDatabase(server, options.stoppedMs)],
  ]
  const strike = (faults: readonly Fault[], database: CrashDatabase) =>
    runCrashRounds({ rounds: options.rounds, faults, database })
  const cases: CrashCase[] = [
    ...engines.map(([engine, open]) => ({
      engine,
      name: 'web, the collector and the whole program are killed, and it is told to end',
      run: async () => strike(PROGRAM_FAULTS, await open()),
    })),
    ...databaseFaults.map(([name, fault]) => ({
      engine: 'PostgreSQL',
      name,
      run: async () => strike([fault()], await onPostgres()),
    })),
  ]
  for (const { engine, name, run } of cases) {
    if (options.only && !options.only.test(name)) continue
    describe(`every acknowledged span is stored exactly once on ${engine}`, () => {
      it(`when ${name}, ${options.rounds} times`, async () =>
        expectNothingLost(`${engine}, ${name}`, await run()))
    })
  }
  describeFullDisk(options, () => server)
}

interface CrashCase {
  engine: string
  /** What happens. */
  name: string
  run: () => Promise<CrashResult>
}

/**
 * Room for SQLite's log at its largest (see checkpointer.ts), without which what was freed is soon used up again and the
 * log cannot be moved into the database any more, and for what each round adds.
 */
const diskMegabytes = (rounds: number) => 352 + rounds * 24

function describeFullDisk({ rounds, only }: MatrixOptions, server: () => PostgresServer): void {
  const name = 'the disk is full'
  if (only && !only.test(name)) return
  const reason = whyNoSmallDisk()
  const onDisks: readonly (readonly [string, (disk: SmallDisk) => Promise<CrashDatabase>])[] = [
    ['SQLite', async (disk) => sqliteOnDisk(disk)],
    ['PostgreSQL', (disk) => postgresOnDisk(server(), disk)],
  ]
  for (const [engine, open] of onDisks) {
    describe(`every acknowledged span is stored exactly once on ${engine}`, () => {
      // A skipped test's name is printed at the end, and the reason with it.
      it.skipIf(reason !== null)(`when ${name}, ${rounds} times${reason ? `: ${reason}` : ''}`, async () => {
        const disk = mountSmallDisk(diskMegabytes(rounds))
        try {
          const faults = [fillDisk(disk)]
          const result = await runCrashRounds({ rounds, faults, database: await open(disk) })
          expectNothingLost(`${engine}, ${name}`, result)
        } finally {
          disk.remove()
        }
      })
    })
  }
}

function expectNothingLost(what: string, result: CrashResult): void {
  // A run of hours says what it has done so far.
  const { acknowledged, failures } = result
  console.log(`${what}: ${JSON.stringify({ acknowledged, failures, lost: result.lost.length })}`)
  expect(result.lost).toEqual([])
  expect(result.repeated).toEqual([])
  expect(result.replaced).toEqual([])
  expect(result.wrongSums).toEqual([])
  expect(result.acknowledged.http).toBeGreaterThan(100)
  expect(result.acknowledged.grpc).toBeGreaterThan(100)
  expect(result.acknowledged.otlpPort).toBeGreaterThan(20)
}
