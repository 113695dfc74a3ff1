/** TLS on our own ports: which of them, with which files, and whether clients must show a certificate. */

import type { TlsConfig } from '#server/config/model'
import type { Reader } from '#server/config/reader'
import { absolutePath, type Folders } from '#server/config/server-settings'
import { type PairTexts, readPair, TlsFault, type TlsPart } from '#server/tls/pair'

const CERTIFICATE = 'PHOENIX_TLS_CERT_FILE'
const KEY = 'PHOENIX_TLS_KEY_FILE'
const PASSWORD = 'PHOENIX_TLS_KEY_FILE_PASSWORD'
const AUTHORITIES = 'PHOENIX_TLS_CA_FILE'

const SWITCHES = ['PHOENIX_TLS_ENABLED', 'PHOENIX_TLS_ENABLED_FOR_HTTP', 'PHOENIX_TLS_ENABLED_FOR_GRPC']

const VARIABLE: Record<TlsPart, string> = {
  certificate: CERTIFICATE,
  key: KEY,
  password: PASSWORD,
  authorities: AUTHORITIES,
}

/** TLS of the listeners, or null when none has it. The files are read and checked here, so that a broken pair stops the start. */
export function readListenerTls(reader: Reader, folders: Folders): TlsConfig | null {
  const general = reader.bool('PHOENIX_TLS_ENABLED', false)
  const http = reader.bool('PHOENIX_TLS_ENABLED_FOR_HTTP', general)
  const grpc = reader.bool('PHOENIX_TLS_ENABLED_FOR_GRPC', general)
  const verifyClient = reader.bool('PHOENIX_TLS_VERIFY_CLIENT', false)
  if (!http && !grpc) {
    refuseIdle(reader, verifyClient)
    return null
  }
  const path = (name: string) => {
    const written = reader.text(name)
    return written === null ? null : absolutePath(written, folders)
  }
  const certFile = path(CERTIFICATE)
  const keyFile = path(KEY)
  const caFile = verifyClient ? path(AUTHORITIES) : null
  const keyPassword = reader.secret(PASSWORD)
  const files: Record<string, string | null> = { [CERTIFICATE]: certFile, [KEY]: keyFile }
  if (verifyClient) files[AUTHORITIES] = caFile
  if (!demandAll(reader, files)) return null
  const tls = {
    http,
    grpc,
    certFile: certFile as string,
    keyFile: keyFile as string,
    keyPassword,
    caFile,
  }
  checkFiles(reader, tls)
  return tls
}

/** Certificate files without any switch look like TLS and are not; with a switch set to false they rest. */
function refuseIdle(reader: Reader, verifyClient: boolean): void {
  if (SWITCHES.some((name) => reader.text(name) !== null)) {
    if (verifyClient) {
      reader.warn('PHOENIX_TLS_VERIFY_CLIENT: TLS is off, so no client is asked for a certificate.')
    }
    return
  }
  const idle = [CERTIFICATE, KEY, AUTHORITIES].filter((name) => reader.text(name) !== null)
  if (verifyClient) idle.push('PHOENIX_TLS_VERIFY_CLIENT')
  if (idle.length === 0) return
  reader.problem(
    `${idle.join(', ')}: PHOENIX_TLS_ENABLED is missing, so everything would travel in clear text. ` +
      'Set it to true, or to false if a reverse proxy ends TLS.',
  )
}

function demandAll(reader: Reader, files: Record<string, string | null>): boolean {
  const missing = Object.keys(files).filter((name) => files[name] === null)
  const unsaid = missing.filter((name) => !reader.isFaulty(name))
  if (unsaid.length > 0) {
    reader.problem(`${unsaid.join(', ')}: missing, and TLS is on. Name the PEM file there.`)
  }
  return missing.length === 0
}

function checkFiles(reader: Reader, { certFile, keyFile, keyPassword, caFile }: TlsConfig): void {
  const certificate = reader.file(CERTIFICATE, certFile)
  const key = reader.file(KEY, keyFile)
  const authorities = caFile === null ? null : reader.file(AUTHORITIES, caFile)
  if (certificate === null || key === null || (caFile !== null && authorities === null)) return
  checkPair(reader, { certificate, key, password: keyPassword, authorities })
}

function checkPair(reader: Reader, texts: PairTexts): void {
  try {
    const { facts } = readPair(texts)
    for (const warning of warningsOf(facts, new Date())) reader.warn(`${CERTIFICATE}: ${warning}`)
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error
    const name = VARIABLE[error.part]
    const file = error.part === 'password' ? '' : `the file ${JSON.stringify(reader.text(name))} `
    reader.problem(`${name}: ${file}${error.message}. ${HINT[error.part]}`)
  }
}

const HINT: Record<TlsPart, string> = {
  certificate: 'Put the certificate there, then those between it and its authority.',
  key: 'Put the private key of the certificate there.',
  password: 'Set it to the passphrase of the key.',
  authorities: 'Put the certificates of the authorities there.',
}

function warningsOf(
  { names, validFrom, validTo }: { names: string | null; validFrom: Date; validTo: Date },
  now: Date,
) {
  const warnings: string[] = []
  if (names === null) {
    warnings.push(
      'the certificate lists no host names (subjectAltName), so today’s clients will not accept it. Have it made with them.',
    )
  }
  if (now > validTo)
    warnings.push(`the certificate expired on ${day(validTo)}, so clients will not accept it. Renew it.`)
  if (now < validFrom)
    warnings.push(`the certificate is not valid before ${day(validFrom)}. Check the clock of this machine.`)
  return warnings
}

const day = (time: Date) => time.toISOString().slice(0, 10)
