import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { say } from './install.mjs'

/** A domain controller of Active Directory, and nothing else of Samba. */
const SAMBA = ['samba', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules', 'winbind']

const isRootOnDebian = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

/**
 * What the tests need beside npm packages. Installed by apt where we may; elsewhere the name is returned with a reason.
 * @returns {{ name: string, reason: string }[]} what is still missing
 */
export function ensureServices() {
  const missing = [
    { name: 'postgresql', there: hasPostgres },
    { name: 'chromium', there: () => hasProgram('chromium') },
    // The proxy that pages are opened through; Debian puts it beside the services.
    { name: 'nginx', there: () => hasProgram('nginx') || existsSync('/usr/sbin/nginx') },
    // For the certificates of a test PostgreSQL, and for the snippets that a page shows.
    { name: 'openssl', there: () => hasProgram('openssl') },
    { name: 'curl', there: () => hasProgram('curl') },
    // Directories that tests sign in with; their tests say so themselves where one is missing.
    { name: 'slapd', there: () => hasProgram('slapd') },
    { name: 'samba', packages: SAMBA, there: () => hasProgram('samba') && hasProgram('samba-tool') },
  ].filter(({ there }) => !there())
  if (missing.length === 0) return []
  if (!isRootOnDebian()) {
    return missing.map(({ name }) => ({
      name,
      reason: `${name} is not installed, and only root on Debian can add it`,
    }))
  }
  aptInstall(missing.flatMap(({ name, packages = [name] }) => packages))
  return missing
    .filter(({ there }) => !there())
    .map(({ name }) => ({ name, reason: `apt-get did not bring ${name}` }))
}

function aptInstall(names) {
  say(`installing ${names.join(' and ')} with apt-get`)
  // At run level 1 packages start no services: the tests start their own, and want the ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const options = { env, stdio: 'inherit' }
  try {
    execFileSync('apt-get', ['update', '-qq'], options)
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
  } catch (error) {
    say(`apt-get failed: ${error.message}`)
  }
}

function hasPostgres() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, 'bin'))
    : []
  return [...onPath(), ...versions].some((folder) => existsSync(join(folder, 'initdb')))
}

function hasProgram(name) {
  return onPath().some((folder) => existsSync(join(folder, name)))
}

const onPath = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin']
