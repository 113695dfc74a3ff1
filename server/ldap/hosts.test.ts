import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import type { LdapConfig } from '#server/config/model'
import { Deadline } from '#server/ldap/deadline'
import { onSomeHost } from '#server/ldap/hosts'
import { Slots, SlotsBusy } from '#server/ldap/slots'
import { LdapTrouble } from '#server/ldap/trouble'

let ldap: LdapConfig
let asked: string[]
beforeEach(() => {
  ldap = { hosts: ['a', 'b', 'c'] } as unknown as LdapConfig
  asked = []
})

const log = pino({ level: 'silent' })

/** Asks, while these hosts are away. */
function ask(away: string[], deadline = new Deadline(1_000)): Promise<string> {
  asked = []
  return onSomeHost({ ldap, log, deadline }, async (host) => {
    asked.push(host)
    if (away.includes(host)) throw new LdapTrouble('reach', 'refused')
    return host
  })
}

describe('hosts', () => {
  test('are asked in their order until one answers', async () => {
    expect(await ask(['a'])).toBe('b')
    expect(asked).toEqual(['a', 'b'])
  })

  test('the one that worked last is asked first, then the others in their order', async () => {
    await ask(['a', 'b'])
    expect(await ask([])).toBe('c')
    expect(asked).toEqual(['c'])
    expect(await ask(['c'])).toBe('a')
    expect(asked).toEqual(['c', 'a'])
  })

  test('that all fail are trouble, and the last one says which', async () => {
    await expect(ask(['a', 'b', 'c'])).rejects.toMatchObject({ step: 'reach', reason: 'refused' })
    expect(asked).toEqual(['a', 'b', 'c'])
  })

  test('are not asked any more when the time is over', async () => {
    await expect(ask([], new Deadline(0))).rejects.toMatchObject({ reason: 'timeout' })
    expect(asked).toEqual([])
  })

  test('that use up the time stand behind the others at the next sign-in', async () => {
    const deadline = new Deadline(30)
    const work = async (host: string) => {
      asked.push(host)
      await new Promise((resolve) => setTimeout(resolve, 60))
      throw new LdapTrouble('search', 'timeout')
    }
    await expect(onSomeHost({ ldap, log, deadline }, work)).rejects.toMatchObject({ reason: 'timeout' })
    expect(asked).toEqual(['a'])
    expect(await ask(['a'])).toBe('b')
    expect(asked).toEqual(['b'])
  })

  test('are not all asked about a service account that one refuses', async () => {
    const work = async (host: string) => {
      asked.push(host)
      throw new LdapTrouble('bind', 'credentials')
    }
    const deadline = new Deadline(1_000)
    await expect(onSomeHost({ ldap, log, deadline }, work)).rejects.toMatchObject({ reason: 'credentials' })
    expect(asked).toEqual(['a'])
  })

  test('that answer have answered: a fault of ours leads to no other', async () => {
    const work = () => Promise.reject(new TypeError('ours'))
    await expect(onSomeHost({ ldap, log, deadline: new Deadline(1_000) }, work)).rejects.toThrow('ours')
  })
})

describe('turns', () => {
  /** Work that ends when it is told to. */
  function held() {
    let finish = () => {}
    const over = new Promise<void>((resolve) => {
      finish = resolve
    })
    return { work: () => over, finish }
  }

  test('so many at a time, the others in the order in which they came', async () => {
    const slots = new Slots(2)
    const [one, two] = [held(), held()]
    const begun: number[] = []
    const runs = [one.work, two.work].map((work) => slots.run(new Deadline(5_000), work))
    for (const n of [3, 4]) runs.push(slots.run(new Deadline(5_000), async () => void begun.push(n)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toEqual([])
    one.finish()
    await Promise.all([runs[2], runs[3]])
    expect(begun).toEqual([3, 4])
    two.finish()
    await Promise.all(runs)
  })

  test('whoever waits too long has had none, and takes none away', async () => {
    const slots = new Slots(1)
    const first = held()
    const running = slots.run(new Deadline(5_000), first.work)
    await expect(slots.run(new Deadline(20), async () => 'late')).rejects.toThrow(SlotsBusy)
    first.finish()
    await running
    expect(await slots.run(new Deadline(1_000), async () => 'in time')).toBe('in time')
  })

  test('a failure gives the turn on', async () => {
    const slots = new Slots(1)
    await expect(slots.run(new Deadline(1_000), () => Promise.reject(new Error('x')))).rejects.toThrow('x')
    expect(await slots.run(new Deadline(1_000), async () => 'next')).toBe('next')
  })
})
