/** libpq's `sslmode` words as what Node's TLS must do. */
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, rootCertificates } from 'node:tls'
import type { DatabaseTls } from '#server/config/model'
import { AppError } from '#server/errors'

/** What the driver is given as `ssl`: false for a plain connection. */
export type Tls = ConnectionOptions | false

/**
 * The ways to try, in order: `prefer` and `allow` have two, the others one. Certificates are checked by `verify-ca`
 * (chain), `verify-full` (chain and host name) and, as libpq does, by `require` when a root certificate is named.
 * @throws AppError invalid when a certificate or key file cannot be read
 */
export function tlsAttempts(tls: DatabaseTls): Tls[] {
  if (tls.mode === 'disable') return [false]
  const secure = secureOptions(tls)
  if (tls.mode === 'prefer') return [secure, false]
  if (tls.mode === 'allow') return [false, secure]
  return [secure]
}

function secureOptions(tls: DatabaseTls): ConnectionOptions {
  const verifies =
    tls.mode === 'verify-full' ||
    tls.mode === 'verify-ca' ||
    (tls.mode === 'require' && tls.rootCertFile !== null)
  const options: ConnectionOptions = { rejectUnauthorized: verifies }
  if (verifies && tls.rootCertFile)
    options.ca = [...rootCertificates, readText('sslrootcert', tls.rootCertFile)]
  if (verifies && tls.mode !== 'verify-full') options.checkServerIdentity = () => undefined
  if (tls.certFile && tls.keyFile) {
    options.cert = readText('sslcert', tls.certFile)
    options.key = readText('sslkey', tls.keyFile)
    if (tls.keyPassword !== null) options.passphrase = tls.keyPassword
  }
  return options
}

function readText(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', `The file ${file} of the database URL's ${parameter} cannot be read`, {
      cause,
    })
  }
}
