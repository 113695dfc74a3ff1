/** Certificates for tests, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  certFile: string
  keyFile: string
}

const DAY_MS = 86_400_000
const VALID_DAYS = '2'

export interface CertificateOptions {
  name: string
  /** Host names and addresses: `DNS:localhost`, `IP:127.0.0.1`. */
  alternativeNames?: string[]
  keyPassword?: string
  /** Days from now between which it is valid; from now for two days when left out. */
  days?: readonly [number, number]
}

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

/** A certificate that the authority signed, for hosts or for a client. */
export function makeCertificate(
  folder: string,
  authority: Certificate,
  { name, alternativeNames, keyPassword, days = [0, 2] }: CertificateOptions,
): Certificate {
  const { certFile, keyFile } = filesIn(folder, name)
  const request = join(folder, `${name}.csr`)
  const extensions = join(folder, `${name}.ext`)
  const protect = keyPassword ? ['-passout', `pass:${keyPassword}`] : ['-nodes']
  openssl([
    ...['req', '-new', '-newkey', 'rsa:2048', ...protect],
    ...['-subj', `/CN=${name}`, '-keyout', keyFile, '-out', request],
  ])
  writeFileSync(extensions, alternativeNames ? `subjectAltName=${alternativeNames.join(',')}\n` : '')
  const [from, to] = days.map((day) => asn1Time(Date.now() + day * DAY_MS - 60_000))
  openssl([
    ...['ca', '-batch', '-notext', '-md', 'sha256', '-config', makeRegister(folder)],
    ...['-cert', authority.certFile, '-keyfile', authority.keyFile, '-in', request, '-out', certFile],
    ...['-extfile', extensions, '-startdate', from as string, '-enddate', to as string],
  ])
  return { certFile, keyFile }
}

/** `20261121180000Z`, as openssl reads it. */
const asn1Time = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')

/** What an authority keeps books in; the file that tells openssl so. */
function makeRegister(folder: string): string {
  const config = join(folder, 'authority.cnf')
  if (existsSync(config)) return config
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(
    config,
    [
      ...['[ca]', 'default_ca = own', '[own]', `database = ${folder}/index.txt`, `new_certs_dir = ${folder}`],
      ...['policy = any', 'rand_serial = yes', 'unique_subject = no', '[any]', 'commonName = supplied', ''],
    ].join('\n'),
  )
  return config
}

const filesIn = (folder: string, name: string) => ({
  certFile: join(folder, `${name}.crt`),
  keyFile: join(folder, `${name}.key`),
})
