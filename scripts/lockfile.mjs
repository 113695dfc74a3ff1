/**
 * Completes package-lock.json: a registry that lacks another platform's build of an optional package makes npm leave
 * it out, and `npm ci` then refuses the file everywhere. Run after `npm install`; with --check it only reports.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package-lock.json', import.meta.url)
const OS = [
  'darwin',
  'linux',
  'win32',
  'android',
  'freebsd',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'openharmony',
]
const CPU = ['arm64', 'x64', 'ia32', 'arm', 'riscv64', 'ppc64', 's390x', 'loong64', 'mips64el', 'wasm32']

/** The entries that the lock file's packages name as optional and that it does not hold. */
export function missingEntries(lock) {
  const missing = {}
  for (const entry of Object.values(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const held = Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`))
      if (!held && /^\d/.test(range)) missing[`node_modules/${name}`] = entryOf(name, range)
    }
  }
  return missing
}

function entryOf(name, version) {
  const words = name.split(/[-/]/)
  const os = words.filter((word) => OS.includes(word))
  const cpu = words.filter((word) => CPU.includes(word) || word.startsWith('arm-')).slice(0, 1)
  return { version, ...(cpu.length && { cpu }), ...(os.length && { os }), optional: true }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const lock = JSON.parse(readFileSync(FILE, 'utf8'))
  const missing = missingEntries(lock)
  const names = Object.keys(missing)
  if (process.argv.includes('--check') && names.length > 0) {
    console.error(`package-lock.json lacks ${names.join(', ')}: run node scripts/lockfile.mjs`)
    process.exit(1)
  }
  if (names.length > 0) {
    const packages = Object.fromEntries(
      Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1)),
    )
    writeFileSync(FILE, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
  }
}
