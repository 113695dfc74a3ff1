/** Finds the programs of PostgreSQL on this machine, or installs them (Debian, as root). */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const DEBIAN_HOME = '/usr/lib/postgresql'

/** The folder with `initdb` and `postgres`, or null. */
export function findPostgres(): string | null {
  const debian = existsSync(DEBIAN_HOME)
    ? readdirSync(DEBIAN_HOME)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN_HOME, version, 'bin'))
    : []
  const path = (process.env.PATH ?? '').split(delimiter)
  const folders = [...path, ...debian, '/opt/homebrew/opt/postgresql/bin', '/usr/local/pgsql/bin']
  return (
    folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ??
    null
  )
}

/**
 * The folder with PostgreSQL's programs, installed when missing.
 * @throws Error that says why there is none
 */
export function requirePostgres(): string {
  const found = findPostgres()
  if (found) return found
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      'PostgreSQL is not installed, and only root on Debian or Ubuntu can have it installed by the tests',
    )
  }
  aptInstall('postgresql')
  const installed = findPostgres()
  if (!installed)
    throw new Error('apt-get installed the package postgresql, but its programs are not to be found')
  return installed
}

function aptInstall(name: string): void {
  console.log(`installing ${name} with apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'inherit' })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
    env,
    stdio: 'inherit',
  })
}
