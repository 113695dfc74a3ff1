import Sqlite from 'better-sqlite3'
import { expect, it } from 'vitest'
import { isFaultOfData } from '#server/ingest/faults'
import { LatencySketch } from '#server/sketch/latency-sketch'

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

it('a value that SQLite cannot be given is a fault of the data', () => {
  const connection = new Sqlite(':memory:')
  const error = errorOf(() => connection.prepare('select ?').get(2n ** 63n))
  connection.close()
  expect(error).toBeInstanceOf(RangeError)
  expect(isFaultOfData(error)).toBe(true)
  expect(isFaultOfData(new Error('Failed query', { cause: error }))).toBe(true)
})

it('a number that our own code cannot write, or bytes it cannot read, are nobody’s fault', () => {
  expect(isFaultOfData(errorOf(() => Buffer.alloc(4).writeInt32BE(2 ** 31)))).toBe(false)
  expect(isFaultOfData(errorOf(() => LatencySketch.decode(Buffer.alloc(5))))).toBe(false)
})
