/** The command line of the bench. */
import { Command, Option } from 'commander'
import type { Weight } from './contents'
import { type Case, ENGINES, type Engine, TRANSPORTS, type Transport, WEIGHTS } from './model'

export const PARTS = ['ingest', 'single', 'start', 'load'] as const
export type Part = (typeof PARTS)[number]

export interface BenchOptions {
  parts: Part[]
  cases: Case[]
  seconds: number
  warmUpMs: number
  pages: boolean
  floor: boolean
  markdown: boolean
  profile: string | null
  payloads: string | null
  prepareOnly: boolean
  gzipLevel: number
}

/** Heavy figures first, one thing varied after the other. */
const DEFAULT_CASES: readonly Partial<Case>[] = [
  {},
  { transport: 'grpc' },
  { transport: 'json' },
  { weight: 'light' },
  { batch: 64, connections: 16 },
  { batch: 1, connections: 64 },
  { engine: 'postgres' },
  { engine: 'postgres', transport: 'grpc' },
  { engine: 'postgres', weight: 'light' },
  { engine: 'postgres', batch: 1, connections: 64 },
]
const QUICK_CASES: readonly Partial<Case>[] = [{}, { transport: 'grpc' }, { engine: 'postgres' }]

const USUAL: Case = {
  engine: 'sqlite',
  transport: 'http',
  weight: 'heavy',
  batch: 512,
  connections: 4,
  gzip: true,
}

const list = (value: string) => value.split(',').map((item) => item.trim())
const numbers = (value: string) => list(value).map(Number)

interface Flags {
  quick?: boolean
  engine?: string[]
  transport?: string[]
  weight?: string[]
  batch?: number[]
  connections?: number[]
  seconds?: number
  grpcGzip?: boolean
  pages?: boolean
  floor: boolean
  markdown?: boolean
  profile?: string | true
  payloads?: string
  prepare?: boolean
  gzipLevel: number
}

/** Reads the arguments behind `npm run bench --`. Ends the process with a sentence when they make no sense. */
export function readOptions(args: readonly string[]): BenchOptions {
  const command = makeCommand().parse([...args], { from: 'user' })
  const flags = command.opts<Flags>()
  check(command, 'part', command.args, PARTS)
  check(command, '--engine', flags.engine, ENGINES)
  check(command, '--transport', flags.transport, TRANSPORTS)
  check(command, '--weight', flags.weight, WEIGHTS)
  const wrong = [flags.seconds, ...(flags.batch ?? []), ...(flags.connections ?? [])].some(
    (value) => value !== undefined && !(value > 0),
  )
  if (wrong) command.error('--seconds, --batch and --connections take numbers above zero')
  const seconds = flags.seconds ?? (flags.quick ? 6 : 20)
  return {
    parts: partsOf(command.args as Part[], flags),
    cases: casesOf(flags),
    seconds,
    warmUpMs: seconds < 10 ? 2_000 : 4_000,
    pages: flags.pages ?? false,
    floor: flags.floor,
    markdown: flags.markdown ?? false,
    profile: flags.profile === undefined ? null : flags.profile === true ? 'bench-profiles' : flags.profile,
    payloads: flags.payloads ?? null,
    prepareOnly: flags.prepare ?? false,
    gzipLevel: flags.gzipLevel,
  }
}

function makeCommand(): Command {
  return new Command('npm run bench --')
    .description(
      'Measures the built program beside a raw floor, in the same run and with the same bytes. Without arguments every ' +
        'part but `load`, about a quarter of an hour. Any of --engine, --transport, --weight, --batch and --connections ' +
        'replaces the usual table by all combinations of what they list (usual: sqlite http heavy 512 4).',
    )
    .argument(
      '[parts...]',
      'ingest: the table; single: 64 exporters that send single spans; start: cold start and idle memory; load: 200 exporters and what pages make of them',
    )
    .option('--quick', 'a look of a minute or two')
    .option('--engine <list>', 'sqlite, postgres', list)
    .option('--transport <list>', 'http (protobuf, gzip), json, grpc', list)
    .option('--weight <list>', 'heavy (5 KB a span), light (600 bytes)', list)
    .option('--batch <list>', 'spans in a request', numbers)
    .option('--connections <list>', 'connections, one request at a time on each', numbers)
    .option('--seconds <number>', 'how long each measurement counts, after some seconds to warm up', Number)
    .option('--grpc-gzip', 'compress gRPC messages too')
    .option('--pages', 'fetch /projects once a second meanwhile')
    .option('--no-floor', 'leave the floor out')
    .option('--markdown', 'print the table of docs/performance.md')
    .option(
      '--profile [folder]',
      "leave CPU profiles of web, collector and their worker threads, for the browser's developer tools",
    )
    .option('--payloads <folder>', 'keep the encoded requests there, and take those that are there')
    .option('--prepare', 'encode the requests into that folder and measure nothing')
    .addOption(new Option('--gzip-level <level>', 'of the requests').default(1).argParser(Number))
}

function check(
  command: Command,
  name: string,
  given: readonly string[] | undefined,
  known: readonly string[],
) {
  const wrong = (given ?? []).filter((item) => !known.includes(item))
  if (wrong.length > 0) command.error(`${name}: ${wrong.join(', ')} is none of ${known.join(', ')}`)
}

function partsOf(given: Part[], flags: Flags): Part[] {
  if (given.length > 0) return given
  return hasMatrix(flags) || flags.quick || flags.prepare ? ['ingest'] : ['start', 'ingest', 'single']
}

const hasMatrix = ({ engine, transport, weight, batch, connections }: Flags) =>
  [engine, transport, weight, batch, connections].some((value) => value !== undefined)

function casesOf(flags: Flags): Case[] {
  const chosen = hasMatrix(flags) ? combine(flags) : flags.quick ? QUICK_CASES : DEFAULT_CASES
  return chosen.map((over) => {
    const whole = { ...USUAL, ...over }
    return { ...whole, gzip: whole.transport === 'http' || (whole.transport === 'grpc' && !!flags.grpcGzip) }
  })
}

function combine(flags: Flags): Partial<Case>[] {
  const engines = (flags.engine ?? [USUAL.engine]) as Engine[]
  const transports = (flags.transport ?? [USUAL.transport]) as Transport[]
  const weights = (flags.weight ?? [USUAL.weight]) as Weight[]
  return engines.flatMap((engine) =>
    transports.flatMap((transport) =>
      weights.flatMap((weight) =>
        (flags.batch ?? [USUAL.batch]).flatMap((batch) =>
          (flags.connections ?? [USUAL.connections]).map((connections) => ({
            engine,
            transport,
            weight,
            batch,
            connections,
          })),
        ),
      ),
    ),
  )
}
