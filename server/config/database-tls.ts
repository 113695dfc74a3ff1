/** TLS towards PostgreSQL, with libpq's meaning of each `sslmode` word. */
import type { DatabaseTls } from '#server/config/model'
import type { Reader } from '#server/config/reader'

const MODES: readonly DatabaseTls['mode'][] = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
]

/** TLS parameters of the URL; `name` is the variable that sentences blame. */
export function readTls(reader: Reader, name: string, parameters: Map<string, string>): DatabaseTls {
  const take = (key: string) => parameters.get(key) || null
  const fromSystem = take('sslrootcert') === 'system'
  const rootCertFile = fromSystem ? null : (take('sslrootcert') ?? envPath(reader, 'PGSSLROOTCERT'))
  const certFile = take('sslcert') ?? envPath(reader, 'PGSSLCERT')
  const keyFile = take('sslkey') ?? envPath(reader, 'PGSSLKEY')
  const keyPassword = take('sslpassword')
  const hasFiles = [...parameters.keys()].some((key) => /^ssl(rootcert|cert|key|password)$/.test(key))
  const mode = fromSystem
    ? systemMode(reader, name, take('sslmode'))
    : chooseMode(reader, name, take('sslmode'), { hasRoot: rootCertFile !== null, hasFiles })
  if ((certFile === null) !== (keyFile === null)) {
    reader.problem(
      `${name}: sslcert and sslkey belong together, and one is missing. Add it, or remove the other.`,
    )
  }
  for (const file of [rootCertFile, certFile, keyFile]) checkPem(reader, name, file)
  return { mode, rootCertFile, certFile, keyFile, keyPassword }
}

/** sslrootcert=system trusts the public authorities, which is only safe with the host name checked. */
function systemMode(reader: Reader, name: string, written: string | null): DatabaseTls['mode'] {
  if (written !== null && written.toLowerCase() !== 'verify-full') {
    reader.problem(`${name}: sslrootcert=system goes only with sslmode=verify-full. Change one of them.`)
  }
  return 'verify-full'
}

function chooseMode(
  reader: Reader,
  name: string,
  written: string | null,
  given: { hasRoot: boolean; hasFiles: boolean },
): DatabaseTls['mode'] {
  const own = written === null ? null : modeOf(reader, name, 'sslmode', written)
  if (own === 'require' && given.hasRoot) return 'verify-ca'
  if (own !== null) {
    if (given.hasRoot && !own.startsWith('verify')) {
      reader.warn(
        `${name}: sslmode=${own} checks no certificate, so sslrootcert is of no effect. Use verify-full.`,
      )
    }
    return own
  }
  const standard = reader.text('PGSSLMODE')
  const inherited = standard === null ? 'prefer' : (modeOf(reader, 'PGSSLMODE', 'it', standard) ?? 'prefer')
  // A certificate file without a mode says that certificates matter: checking none would be a trap.
  const asksForCheck = given.hasFiles || (inherited === 'require' && given.hasRoot)
  return asksForCheck && inherited !== 'verify-full' ? 'verify-ca' : inherited
}

function modeOf(reader: Reader, name: string, what: string, written: string): DatabaseTls['mode'] | null {
  const mode = MODES.find((one) => one === written.toLowerCase())
  if (mode) return mode
  const subject = what === 'it' ? 'the value' : what
  reader.problem(
    `${name}: ${subject} is none of ${MODES.join(', ')}. Use one of them; verify-full is the safe one.`,
  )
  return null
}

function envPath(reader: Reader, name: string): string | null {
  return reader.text(name)
}

function checkPem(reader: Reader, name: string, file: string | null): void {
  if (file === null) return
  const content = reader.file(name, file)
  if (content === null || content.includes('-----BEGIN ')) return
  reader.problem(`${name}: the file ${JSON.stringify(file)} holds no PEM block. Convert it to PEM.`)
}
