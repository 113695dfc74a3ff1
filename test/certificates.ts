/** Certificates for tests, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  certFile: string
  keyFile: string
}

const VALID_DAYS = '2'

const openssl = (args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })

/** A certificate authority of our own; its files lie in `folder`. */
export function makeAuthority(folder: string, name = 'ca'): Certificate {
  const { certFile, keyFile } = filesIn(folder, name)
  openssl([
    ...[
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      VALID_DAYS,
    ],
    ...['-subj', `/CN=Bennu test authority ${name}`, '-keyout', keyFile, '-out', certFile],
  ])
  return { certFile, keyFile }
}

/** A certificate that the authority signed, for host names (`DNS:localhost`, `IP:127.0.0.1`) or a client's name. */
export function makeCertificate(
  folder: string,
  authority: Certificate,
  options: { name: string; alternativeNames?: string[]; keyPassword?: string },
): Certificate {
  const { certFile, keyFile } = filesIn(folder, options.name)
  const request = join(folder, `${options.name}.csr`)
  const extensions = join(folder, `${options.name}.ext`)
  const protect = options.keyPassword ? ['-passout', `pass:${options.keyPassword}`] : ['-nodes']
  openssl([
    ...['req', '-new', '-newkey', 'rsa:2048', ...protect],
    ...['-subj', `/CN=${options.name}`, '-keyout', keyFile, '-out', request],
  ])
  writeFileSync(
    extensions,
    options.alternativeNames ? `subjectAltName=${options.alternativeNames.join(',')}\n` : '',
  )
  openssl([
    ...[
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      authority.certFile,
      '-CAkey',
      authority.keyFile,
      '-CAcreateserial',
    ],
    ...['-days', VALID_DAYS, '-extfile', extensions, '-out', certFile],
  ])
  return { certFile, keyFile }
}

const filesIn = (folder: string, name: string) => ({
  certFile: join(folder, `${name}.crt`),
  keyFile: join(folder, `${name}.key`),
})
