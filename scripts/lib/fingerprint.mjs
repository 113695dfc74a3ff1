import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './run.mjs'

/** Holds the fingerprint of the sources that the present build was made from. */
export const STAMP = 'dist/.built-from'

const SOURCES = [
  'app',
  'bin',
  'collector',
  'components',
  'proto',
  'public',
  'server',
  'drizzle',
  'auth.ts',
  'middleware.ts',
  'next.config.ts',
  'postcss.config.mjs',
  'package-lock.json',
  'package.json',
  'scripts/build.mjs',
  'tsconfig.json',
]

/** A hash over the path and content of every file that a build reads; tests are left out. */
export function fingerprint() {
  const hash = createHash('sha256').update(process.version)
  for (const source of SOURCES) addTo(hash, source)
  return hash.digest('hex')
}

function addTo(hash, path) {
  const full = join(ROOT, path)
  if (!existsSync(full)) return
  if (statSync(full).isDirectory()) {
    for (const name of readdirSync(full).sort()) addTo(hash, join(path, name))
  } else if (!/\.test\.tsx?$/.test(path)) {
    hash.update(`${path}\0`).update(readFileSync(full))
  }
}

/** Whether dist/ and .next/ were made from the sources as they are now. */
export function isBuilt() {
  const stamp = join(ROOT, STAMP)
  return (
    existsSync(join(ROOT, '.next/BUILD_ID')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint()
  )
}
