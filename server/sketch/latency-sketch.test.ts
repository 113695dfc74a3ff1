import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencySketch, RELATIVE_ERROR } from '#server/sketch/latency-sketch'

const latency = fc.oneof(fc.nat(1000), fc.nat(60_000_000), fc.maxSafeNat())
const latencies = fc.array(latency, { minLength: 1, maxLength: 300 })

function sketchOf(list: readonly number[]): LatencySketch {
  const sketch = new LatencySketch()
  for (const micros of list) sketch.add(micros)
  return sketch
}

/** The quantile of a sorted list, with the same idea of rank. */
const exact = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(share * (sorted.length - 1))] as number

describe('a quantile', () => {
  it('is off by no more than a hundredth', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const wanted = exact(
          list.toSorted((a, b) => a - b),
          share,
        )
        const got = sketchOf(list).quantile(share) as number
        expect(Math.abs(got - wanted)).toBeLessThanOrEqual(wanted * (RELATIVE_ERROR + 1e-9))
      }),
    )
  })

  it('of a thousand even latencies is where it must be', () => {
    const sketch = sketchOf(Array.from({ length: 1000 }, (_, n) => (n + 1) * 1000))
    expect(sketch.count).toBe(1000)
    expect(sketch.quantile(0.5)).toBeGreaterThan(495_000)
    expect(sketch.quantile(0.5)).toBeLessThan(505_000)
    expect(sketch.quantile(0.99)).toBeGreaterThan(980_100)
    expect(sketch.quantile(0.99)).toBeLessThan(999_900)
  })

  it('of nothing is null', () => {
    expect(new LatencySketch().quantile(0.5)).toBeNull()
  })

  it('of what took no time is zero', () => {
    expect(sketchOf([0, 0]).quantile(0.5)).toBe(0)
  })
})

describe('sketches of parts', () => {
  const bytesOf = (sketch: LatencySketch) => sketch.encode().toString('hex')

  it('add up to the sketch of the whole, in any order', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, (a, b, c) => {
        const merged = sketchOf(c)
        merged.merge(sketchOf(a))
        merged.mergeEncoded(sketchOf(b).encode())
        expect(bytesOf(merged)).toBe(bytesOf(sketchOf([...a, ...b, ...c])))
      }),
    )
  })

  it('leave the rest when one is taken out', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const whole = sketchOf([...a, ...b])
        whole.subtract(sketchOf(b))
        expect(bytesOf(whole)).toBe(bytesOf(sketchOf(a)))
      }),
    )
  })

  it('may be negative alone and right together', () => {
    const moved = new LatencySketch()
    moved.add(500, -1)
    moved.add(900)
    const other = sketchOf([500])
    expect(moved.count).toBe(0)
    other.mergeEncoded(moved.encode())
    expect(bytesOf(other)).toBe(bytesOf(sketchOf([900])))
  })
})

describe('the encoding', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(latencies, (list) => {
        const bytes = sketchOf(list).encode()
        expect(LatencySketch.decode(bytes).encode()).toEqual(bytes)
      }),
    )
  })

  it('is two bytes for a range and four for its count, smallest range first', () => {
    const sketch = sketchOf([1000, 0, 1])
    sketch.add(1000, -3)
    // ln(1000) / ln(1.01 / 0.99) = 345.4
    expect(sketch.encode().toString('hex')).toBe('ffff00000001' + '000000000001' + '015afffffffe')
  })

  it('takes as many entries as a count needs that four bytes do not hold', () => {
    const sketch = new LatencySketch()
    sketch.add(0, 2 ** 31 - 1)
    expect(sketch.encode().toString('hex')).toBe('ffff7fffffff')
    sketch.add(0)
    expect(sketch.encode().toString('hex')).toBe('ffff7fffffff' + 'ffff00000001')
    expect(LatencySketch.decode(sketch.encode()).count).toBe(2 ** 31)
  })

  it('is read back as it was, however large the counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.nat(9), (count, micros) => {
        const sketch = sketchOf([5, 500])
        sketch.add(micros, count)
        const read = LatencySketch.decode(sketch.encode())
        expect(read.count).toBe(sketch.count)
        expect(read.encode()).toEqual(sketch.encode())
        read.subtract(sketch)
        expect(read.encode()).toHaveLength(0)
      }),
    )
  })

  it('ends at a count that no server reaches', () => {
    const sketch = new LatencySketch()
    for (const count of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 1]) sketch.add(0, count)
    expect(sketch.count).toBe(1024 * (2 ** 31 - 1))
    expect(LatencySketch.decode(sketch.encode()).count).toBe(sketch.count)
    expect(sketch.encode()).toHaveLength(6144)
  })

  it('of nothing is empty', () => {
    expect(new LatencySketch().encode()).toHaveLength(0)
  })

  it('of the wrong length is refused', () => {
    expect(() => LatencySketch.decode(Buffer.alloc(5))).toThrow(RangeError)
    expect(LatencySketch.isReadable(Buffer.alloc(5))).toBe(false)
    expect(LatencySketch.isReadable(sketchOf([1, 9]).encode())).toBe(true)
  })
})
