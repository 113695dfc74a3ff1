import { beforeEach, expect, test, vi } from 'vitest'
import { withLease } from './tab-lock'

const NAME = 'lock'
let kept: Map<string, string>
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
}

beforeEach(() => {
  kept = new Map()
})

test('of many tabs that ask at once one works at a time, and each has its turn', async () => {
  let working = 0
  let most = 0
  let done = 0
  const work = async () => {
    working += 1
    most = Math.max(most, working)
    await new Promise((resolve) => setTimeout(resolve, 5))
    working -= 1
    done += 1
  }
  await Promise.all(Array.from({ length: 5 }, () => withLease(storage, NAME, work)))
  expect({ most, done }).toEqual({ most: 1, done: 5 })
})

test('the lock is given back when the work fails', async () => {
  await expect(withLease(storage, NAME, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(kept.size).toBe(0)
})

test('a tab that was closed in the midst of its work holds nobody up for ever', async () => {
  kept.set(NAME, JSON.stringify({ owner: 'closed', until: Date.now() - 1 }))
  await expect(withLease(storage, NAME, async () => 'done')).resolves.toBe('done')
})

test('a tab that holds the lock is waited for', async () => {
  vi.useFakeTimers()
  kept.set(NAME, JSON.stringify({ owner: 'other', until: Date.now() + 10_000 }))
  const work = vi.fn(async () => {})
  const waiting = withLease(storage, NAME, work)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(work).not.toHaveBeenCalled()
  kept.delete(NAME)
  await vi.advanceTimersByTimeAsync(500)
  await waiting
  expect(work).toHaveBeenCalledOnce()
  vi.useRealTimers()
})
