/**
 * One at a time among all tabs of a browser. The server ends a session whose refresh token is used twice, so two tabs
 * must never renew it with the same cookie.
 */

/** How long a tab may hold the lock before others take it for closed. */
const LEASE_MS = 30_000
/** How long a tab waits to see whether another wrote its name at the same moment: busy browsers pass that on slowly. */
const SETTLE_MS = 300
/** How long until a tab that found the lock taken looks again. */
const RETRY_MS = 60

type Locks = Pick<LockManager, 'request'>
type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Runs the work while no other tab runs work of the same name. */
export function withTabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Browsers have locks on https and on the machine itself; over plain http a note in the storage has to do.
  const locks = (navigator as { locks?: Locks }).locks
  if (locks) return locks.request(name, work) as Promise<T>
  const storage = sharedStorage()
  return storage ? withLease(storage, name, work) : work()
}

/** What all tabs share, or null where the browser keeps it from us. */
export function sharedStorage(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

/** The lock for browsers without locks: the tab whose name stands in the storage holds it, for so long at most. */
export async function withLease<T>(storage: Storage, name: string, work: () => Promise<T>): Promise<T> {
  const own = `${Date.now()}-${Math.random()}`
  const giveUpAt = Date.now() + LEASE_MS
  while (Date.now() < giveUpAt && !(await take(storage, name, own)))
    await sleep(RETRY_MS * (1 + Math.random()))
  try {
    return await work()
  } finally {
    if (read(storage, name)?.owner === own) storage.removeItem(name)
  }
}

async function take(storage: Storage, name: string, owner: string): Promise<boolean> {
  const lease = read(storage, name)
  if (lease && lease.until > Date.now()) return false
  try {
    storage.setItem(name, JSON.stringify({ owner, until: Date.now() + LEASE_MS }))
  } catch {
    // A full storage locks nobody out.
    return true
  }
  await sleep(SETTLE_MS)
  return read(storage, name)?.owner === owner
}

function read(storage: Storage, name: string): { owner: string; until: number } | null {
  try {
    return JSON.parse(storage.getItem(name) ?? 'null')
  } catch {
    return null
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
