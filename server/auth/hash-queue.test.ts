import { expect, test } from 'vitest'
import { HashQueue } from '#server/auth/hash-queue'

/** A queue whose work is over when it is told so. */
function createBench() {
  const queue = new HashQueue()
  const begun: string[] = []
  const ends: (() => void)[] = []
  const ask = (client: string, name = client) =>
    queue.run(client, () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.push(resolve))
    })
  /** Ends the oldest piece of work, so that the next begins. */
  const endOne = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ask, begun, endOne }
}

test('two pieces of work run at once, the third when one is over', async () => {
  const { ask, begun, endOne } = createBench()
  for (const name of ['a', 'b', 'c']) void ask(name)
  expect(begun).toEqual(['a', 'b'])
  await endOne()
  expect(begun).toEqual(['a', 'b', 'c'])
})

test('clients take turns: who comes once does not wait for who comes a hundred times', async () => {
  const { ask, begun, endOne } = createBench()
  for (let n = 0; n < 100; n++) void ask('flood', `flood ${n}`)
  void ask('ada')
  void ask('grace')
  for (let n = 0; n < 4; n++) await endOne()
  expect(begun).toEqual(['flood 0', 'flood 1', 'flood 2', 'ada', 'grace', 'flood 3'])
})

test('when too many wait, the last of the longest line has to go, not who came just now', async () => {
  const { ask, begun, endOne } = createBench()
  const flood = Array.from({ length: 202 }, () => ask('flood'))
  const told = flood.map((each) =>
    each.then(
      () => 'done',
      (error) => error.kind,
    ),
  )
  const ada = ask('ada').then(() => 'done')
  expect(await told[201]).toBe('unavailable')
  await endOne()
  await endOne()
  expect(begun.slice(2)).toEqual(['flood', 'ada'])
  await endOne()
  await endOne()
  expect(await ada).toBe('done')
})

test('a flood of one client is refused beyond what may wait, with a time to come again', async () => {
  const { ask } = createBench()
  for (let n = 0; n < 202; n++) void ask('flood')
  await expect(ask('flood')).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 })
})

test('work that fails makes room like any other', async () => {
  const queue = new HashQueue()
  const fail = () => queue.run('a', () => Promise.reject(new Error('no')))
  for (let n = 0; n < 5; n++) await expect(fail()).rejects.toThrow('no')
  expect(await queue.run('a', async () => 'good')).toBe('good')
})
