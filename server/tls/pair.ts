/** A certificate with its private key, as TLS needs them: read, unlocked and checked. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Where the parts of a pair lie, and which part a fault is about. */
export type TlsPart = 'certificate' | 'key' | 'password' | 'authorities'

export interface PairTexts {
  /** PEM: the server's certificate, and after it those that lead to its authority. */
  certificate: string
  /** PEM: PKCS#1, SEC 1 or PKCS#8, encrypted or not. */
  key: string
  /** Unlocks an encrypted key; without meaning for another. */
  password: string | null
  /** PEM: the authorities whose client certificates are let in; null to ask for none. */
  authorities: string | null
}

/** What a listener is given. */
export interface Pair {
  certificate: string
  /** Unencrypted PKCS#8: not every listener can unlock a key itself. */
  key: string
  authorities: string | null
  facts: PairFacts
}

/** What may be told about a certificate. */
export interface PairFacts {
  serialNumber: string
  validFrom: Date
  validTo: Date
  /** Host names and addresses it is for, as it lists them; null when it lists none. */
  names: string | null
}

/** Why a pair cannot be used: a sentence without the content of any file. */
export class TlsFault extends Error {
  readonly part: TlsPart

  constructor(part: TlsPart, sentence: string) {
    super(sentence)
    this.part = part
  }
}

const PEM_CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END/g

/**
 * Checks the parts and puts them together.
 * @throws TlsFault when they are not what they should be, or do not belong together
 */
export function readPair(texts: PairTexts): Pair {
  const certificate = readCertificate('certificate', texts.certificate)
  const key = unlock(texts.key, texts.password)
  if (!certificate.checkPrivateKey(key)) {
    throw new TlsFault('key', 'is the key of another certificate')
  }
  if (texts.authorities !== null) readCertificate('authorities', texts.authorities)
  const pair = {
    certificate: texts.certificate,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    authorities: texts.authorities,
    facts: factsOf(certificate),
  }
  tryContext(pair)
  return pair
}

/** The first of the certificates in a text. */
function readCertificate(part: 'certificate' | 'authorities', text: string): X509Certificate {
  if (text.trim() === '') throw new TlsFault(part, 'is empty')
  if (!text.match(PEM_CERTIFICATE)) throw new TlsFault(part, 'holds no certificate in PEM form')
  try {
    return new X509Certificate(text)
  } catch {
    throw new TlsFault(part, 'holds a certificate that cannot be read: it may have been cut off')
  }
}

function unlock(text: string, password: string | null): KeyObject {
  if (text.trim() === '') throw new TlsFault('key', 'is empty')
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new TlsFault('key', 'holds no private key in PEM form')
  }
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: *4,ENCRYPTED/.test(text)
  if (isEncrypted && password === null) throw new TlsFault('password', 'is missing: the key is encrypted')
  try {
    return createPrivateKey({ key: text, ...(isEncrypted ? { passphrase: password as string } : {}) })
  } catch {
    throw isEncrypted
      ? new TlsFault('password', 'does not open the key, or the key is damaged')
      : new TlsFault('key', 'holds a private key that cannot be read: it may have been cut off')
  }
}

function factsOf(certificate: X509Certificate): PairFacts {
  return {
    serialNumber: certificate.serialNumber,
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
    names: certificate.subjectAltName ?? null,
  }
}

/** What only the TLS library knows: a key that is too short, a chain it cannot take. */
function tryContext({
  certificate,
  key,
  authorities,
}: Pick<Pair, 'certificate' | 'key' | 'authorities'>): void {
  try {
    createSecureContext({ cert: certificate, key, ...(authorities === null ? {} : { ca: authorities }) })
  } catch (error) {
    const reason = (error as { reason?: string }).reason ?? 'not accepted by the TLS library'
    throw new TlsFault('certificate', `cannot be used: ${reason}`)
  }
}
