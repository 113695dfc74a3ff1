/** A folder for as long as this process runs, in the temporary folder of the system. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, lutimesSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = 'bennu-pages-'
const DAY_MS = 86_400_000
/** Older leftovers of others are nobody's: a folder in use is touched more often. */
const ABANDONED_MS = 2 * DAY_MS

/**
 * Makes the folder, readable by us alone, and removes those of processes that were killed. It is gone with the process.
 * @throws Error of the file system
 */
export function makeTemporaryFolder(): string {
  removeLeftovers()
  const dir = mkdtempSync(join(tmpdir(), `${NAME}${world()}-${process.pid}-`))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  // Systems clean their temporary folder of what nobody has touched for days.
  setInterval(() => touchAll(dir), DAY_MS / 2).unref()
  return dir
}

/** What sees the same processes as we do: a temporary folder may be shared by containers, which do not see each other's. */
function world(): string {
  const namespace = '/proc/self/ns/pid'
  const text = `${hostname()} ${existsSync(namespace) ? readlinkSync(namespace) : ''}`
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** What processes of ours left behind that were killed; the name says whose it was. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(NAME))) {
    const path = join(tmpdir(), name)
    try {
      if (!isInUse(path, name)) rmSync(path, { recursive: true, force: true })
    } catch {
      // It belongs to somebody else.
    }
  }
}

function isInUse(path: string, name: string): boolean {
  const [where, pid] = name.slice(NAME.length).split('-')
  if (where === world()) return Number(pid) !== process.pid && isAlive(Number(pid))
  return Date.now() - lstatSync(path).mtimeMs < ABANDONED_MS
}

/** Links are touched themselves, not what they lead to. */
function touchAll(path: string): void {
  const now = new Date()
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) touchAll(join(path, name))
  lutimesSync(path, now, now)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
