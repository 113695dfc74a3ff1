/** A file system of its own that is soon full: a tmpfs, which only root may mount. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEGABYTE = Buffer.alloc(2 ** 20)

export interface SmallDisk {
  readonly folder: string
  /** Takes all the room that is left. */
  fill(): void
  /** Gives that room back. */
  free(): void
  remove(): void
}

/** @throws Error when this user, or this machine, may not mount anything */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'bennu-test', folder], {
      stdio: 'pipe',
    })
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: () => writeUntilFull(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      execFileSync('umount', ['--lazy', folder])
      rmSync(folder, { recursive: true })
    },
  }
}

/** Why there can be no small disk here; null when there can. */
export function whyNoSmallDisk(): string | null {
  try {
    mountSmallDisk(1).remove()
    return null
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    return `a small disk cannot be mounted (${said.split('\n')[0]})`
  }
}

function writeUntilFull(path: string): void {
  const file = openSync(path, 'a')
  try {
    // The last pieces are small, so that nothing else finds room between them.
    for (let size = MEGABYTE.length; size >= 512; size /= 16) while (tryWrite(file, size)) {}
  } finally {
    closeSync(file)
  }
}

function tryWrite(file: number, size: number): boolean {
  try {
    return writeSync(file, MEGABYTE, 0, size) === size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}
