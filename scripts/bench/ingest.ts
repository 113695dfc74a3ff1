/** The table of ingest: every case beside its floor. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case, CaseResult, FloorReport, Preparation } from './model'
import type { BenchOptions } from './options'
import { prepare } from './prepare'
import { Profiles } from './profiles'
import { measureFloor, measureServer } from './run-case'
import { describeCase, printMarkdown, printResult } from './table'

/** Payloads of more spans than a machine of two cores takes in a second. */
const SPANS_PER_SECOND = { heavy: 32_000, light: 110_000 }
const REQUESTS_PER_SECOND = 9_000
/** Bodies that are not compressed are sent again with other ids: so many are enough. */
const PLAIN_SPANS = { heavy: 80_000, light: 400_000 }

/** How the requests of a case are prepared for so many seconds. */
export function preparationOf(measured: Case, seconds: number, gzipLevel = 1): Preparation {
  const { weight, batch, connections, gzip, transport } = measured
  const rate = Math.min(SPANS_PER_SECOND[weight], REQUESTS_PER_SECOND * batch)
  const wanted = Math.ceil(rate * seconds)
  return {
    weight,
    encoding: transport === 'json' ? 'json' : 'protobuf',
    gzip,
    gzipLevel,
    batch,
    streams: connections,
    spans: gzip ? wanted : Math.min(wanted, PLAIN_SPANS[weight]),
  }
}

/** Prepares, measures and prints all cases. */
export async function benchIngest(options: BenchOptions): Promise<CaseResult[]> {
  const folder = options.payloads ?? mkdtempSync(join(tmpdir(), 'bennu-payloads-'))
  mkdirSync(folder, { recursive: true })
  const results: CaseResult[] = []
  const floors = new Map<string, FloorReport>()
  try {
    for (const measured of options.cases) {
      const preparation = preparationOf(
        measured,
        options.seconds + options.warmUpMs / 1000,
        options.gzipLevel,
      )
      console.log(`${describeCase(measured)}: encoding ${preparation.spans} spans`)
      const payloads = await prepare(preparation, folder)
      if (options.prepareOnly) continue
      results.push(await measureCase(measured, { preparation, payloads, options, floors }))
      if (options.payloads === null) for (const path of payloads) rmSync(path)
    }
  } finally {
    if (options.payloads === null) rmSync(folder, { recursive: true, force: true })
  }
  if (options.markdown) printMarkdown(results, options)
  return results
}

interface Plan {
  preparation: Preparation
  payloads: string[]
  options: BenchOptions
  /** Floors measured so far, by what they depend on. */
  floors: Map<string, FloorReport>
}

async function measureCase(
  measured: Case,
  { preparation, payloads, options, floors }: Plan,
): Promise<CaseResult> {
  const profiles = options.profile === null ? null : new Profiles(options.profile)
  const { engine, weight, batch } = measured
  // The floor takes the spans out of the requests, so what only changes how they are sent leaves it as it is.
  const key = [engine, weight, preparation.encoding, preparation.gzip, batch].join()
  const result = await measureServer(measured, payloads, {
    ...options,
    env: profiles?.env ?? {},
    onCounting: (isCounting) => profiles?.record(isCounting),
  })
  if (options.floor && !floors.has(key)) {
    floors.set(key, await measureFloor(measured, preparation, payloads, options))
  }
  const whole = { ...result, floor: floors.get(key) ?? null }
  printResult(whole)
  profiles?.print()
  return whole
}
