import { describe, expect, test } from 'vitest'
import { invitesMore, linger } from '#server/ingest/linger'

/** How long one lingers, in milliseconds, where `arrivals` says how many requests wait at each of them. */
async function lingers(arrivals: (ms: number) => number, bytesEach = 1_000): Promise<number> {
  let ms = 0
  const waiting = {
    get count() {
      return arrivals(ms)
    },
    get bytes() {
      return arrivals(ms) * bytesEach
    },
  }
  await linger(waiting, {
    now: () => ms,
    pause: async () => {
      ms += 1
    },
  })
  return ms
}

describe('lingering', () => {
  test('ends after ten milliseconds while requests keep coming', async () => {
    expect(await lingers((ms) => 1 + ms)).toBe(10)
  })

  test('ends as soon as a transaction is worth its commit', async () => {
    expect(await lingers((ms) => 1 + 10 * ms)).toBe(4)
    expect(await lingers(() => 40)).toBe(0)
    expect(await lingers((ms) => 1 + ms, 50_000)).toBe(5)
  })

  test('ends two milliseconds after the last one came', async () => {
    expect(await lingers(() => 3)).toBe(2)
    expect(await lingers((ms) => Math.min(5, 1 + ms))).toBe(6)
  })
})

test('only small transactions of several requests are followed by a wait', () => {
  expect(invitesMore(1, 1)).toBe(false)
  expect(invitesMore(3, 3)).toBe(false)
  expect(invitesMore(4, 4)).toBe(true)
  expect(invitesMore(60, 60)).toBe(true)
  expect(invitesMore(4, 2048)).toBe(false)
})
