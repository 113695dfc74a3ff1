/** What can go wrong between us and a directory, in words of our own: what the directory writes goes nowhere. */
import { ResultCodeError } from 'ldapts'

/** How far it came. */
export type LdapStep = 'reach' | 'tls' | 'bind' | 'search'

/** One word for logs and admins. */
export type TroubleReason =
  | 'unknown-host'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'certificate'
  | 'no-starttls'
  | 'tls'
  | 'files'
  | 'credentials'
  | 'result'
  | 'protocol'

// Next bundles a copy of this module into each route, so `instanceof` is no test: the brand is.
const BRAND = Symbol.for('bennu.LdapTrouble')

/** The directory, or one host of it, did not do what was asked. Its message holds no text of the directory. */
export class LdapTrouble extends Error {
  readonly [BRAND] = true
  readonly step: LdapStep
  readonly reason: TroubleReason
  /** The result code that the directory answered with (RFC 4511 appendix A); null where it did not answer. */
  readonly resultCode: number | null
  /**
   * What the library threw. Its text is the directory's: read it to tell one refusal from another (`bindRefusal`), and
   * write it nowhere. Not enumerable, so that no log takes it along.
   */
  declare readonly answer: unknown

  constructor(step: LdapStep, reason: TroubleReason, answer?: unknown) {
    const resultCode = answer instanceof ResultCodeError ? answer.code : null
    super(`${step}: ${reason}${resultCode === null ? '' : ` (${resultCode})`}`)
    this.name = 'LdapTrouble'
    this.step = step
    this.reason = reason
    this.resultCode = resultCode
    Object.defineProperty(this, 'answer', { value: answer, enumerable: false })
  }
}

/** Whether a caught value is one, whichever copy of this module made it. */
export function isLdapTrouble(error: unknown): error is LdapTrouble {
  return typeof error === 'object' && error !== null && BRAND in error
}

const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/
const UNREACHABLE = /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EACCES)$/

/**
 * Result codes (RFC 4511 appendix A) that speak of the server, not of what was asked: another host may know better. All
 * others are answers.
 */
const OF_THE_SERVER = new Set([1, 2, 3, 7, 8, 10, 11, 13, 51, 52, 80])

/** Whether the server did not answer, or said that it cannot. */
export function isServerTrouble({ resultCode }: Pick<LdapTrouble, 'resultCode'>): boolean {
  return resultCode === null || OF_THE_SERVER.has(resultCode)
}

/** Any caught value of the library or of Node as trouble at this step. */
export function troubleOf(step: LdapStep, error: unknown): LdapTrouble {
  if (isLdapTrouble(error)) return error
  if (error instanceof ResultCodeError) return new LdapTrouble(step, resultReason(step, error.code), error)
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (CERTIFICATE.test(code)) return new LdapTrouble('tls', 'certificate', error)
  if (step === 'reach' && isTlsFault(code)) return new LdapTrouble('tls', 'tls', error)
  return new LdapTrouble(step, reasonOf(step, code, message), error)
}

const isTlsFault = (code: string) => /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code)

function resultReason(step: LdapStep, code: number): TroubleReason {
  if (step === 'tls') return 'no-starttls'
  return step === 'bind' && code === 49 ? 'credentials' : 'result'
}

function reasonOf(step: LdapStep, code: string, message: string): TroubleReason {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return 'unknown-host'
  if (code === 'ECONNREFUSED') return 'refused'
  if (UNREACHABLE.test(code)) return 'unreachable'
  if (code === 'ETIMEDOUT' || /timeout|timed out/i.test(message)) return 'timeout'
  if (code === 'ECONNRESET' || code === 'EPIPE' || /closed|Socket error|disconnected/i.test(message))
    return 'closed'
  return step === 'tls' ? 'tls' : 'protocol'
}
