/** The parameters after `?` in a PostgreSQL URL: which are known, and what the driver's ones say. */
import type { Reader } from '#server/config/reader'

/** Parameters that are honoured. */
const USED = new Set(
  (
    'host hostaddr port user password dbname passfile application_name fallback_application_name connect_timeout ' +
    'timeout options target_session_attrs sslmode sslrootcert sslcert sslkey sslpassword'
  ).split(' '),
)
/** Parameters of other drivers that change nothing about where we connect or how safely. */
const HARMLESS = new Set(
  (
    'client_encoding keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout sslsni ' +
    'sslcompression statement_cache_size prepared_statement_cache_size max_cached_statement_lifetime ' +
    'max_cacheable_statement_size command_timeout load_balance_hosts gsslib krbsrvname'
  ).split(' '),
)
/** Parameters that ask for protection, and the values that ask for none beyond what is there anyway. */
const PROTECTIVE: Record<string, RegExp> = {
  sslcrl: /^$/,
  sslcrldir: /^$/,
  requirepeer: /^$/,
  channel_binding: /^(disable|prefer)?$/,
  gssencmode: /^(disable|prefer)?$/,
  require_auth: /^$/,
  ssl_min_protocol_version: /^(TLSv1(\.[12])?)?$/,
  ssl_max_protocol_version: /^(TLSv1\.3)?$/,
  sslnegotiation: /^(postgres)?$/,
  sslcertmode: /^(allow)?$/,
}

/** Query parameters; a repeated `host` adds one more host, anything else repeated is a mistake. */
export function parseQuery(query: string): Map<string, string> | string {
  const parameters = new Map<string, string>()
  for (const item of query.split('&').filter((one) => one !== '')) {
    const [key = '', value = ''] = splitOnce(item, '=').map(decode)
    const earlier = parameters.get(key)
    if (earlier === undefined) parameters.set(key, value)
    else if (key === 'host') parameters.set(key, `${earlier},${value}`)
    else return `the parameter ${safeKey(key)} stands there twice. Keep one.`
  }
  return parameters
}

/** Reports parameters that nobody knows, and ones that ask for a check that is not made. */
export function checkParameters(reader: Reader, name: string, parameters: Map<string, string>): void {
  for (const [key, value] of parameters) {
    const harmless = PROTECTIVE[key]
    if (harmless && !harmless.test(value)) {
      reader.problem(`${name}: the parameter ${key} asks for a check that is not made. Remove it.`)
    } else if (key === 'ssl') {
      reader.problem(
        `${name}: the parameter ssl has no agreed meaning. Write sslmode=verify-full, or another sslmode.`,
      )
    } else if (!harmless && !USED.has(key) && !HARMLESS.has(key)) {
      reader.problem(`${name}: the parameter ${safeKey(key)} is not known. Check its spelling, or remove it.`)
    }
  }
}

/** A key may be shown unless it could be part of a password that was not encoded. */
function safeKey(key: string): string {
  return /^[a-z_]{1,40}$/.test(key) ? key : 'after ?'
}

/** Seconds to wait for a connection; 10 when the URL says nothing. */
export function readTimeout(reader: Reader, name: string, parameters: Map<string, string>): number {
  const written = parameters.get('connect_timeout') ?? parameters.get('timeout')
  if (!written) return 10
  if (/^\d{1,6}(\.\d+)?$/.test(written)) return Number(written)
  reader.problem(`${name}: connect_timeout is not a number of seconds. Write one, such as 10.`)
  return 10
}

/** Which of several servers to take; one that cannot be written is of no use. */
export function readSessionAttrs(
  reader: Reader,
  name: string,
  parameters: Map<string, string>,
): string | null {
  const written = parameters.get('target_session_attrs')
  if (!written) return null
  const known = ['any', 'read-write', 'primary', 'read-only', 'standby', 'prefer-standby']
  if (!known.includes(written)) {
    reader.problem(`${name}: target_session_attrs is none of ${known.join(', ')}. Use read-write.`)
  } else if (/^(read-only|standby|prefer-standby)$/.test(written)) {
    reader.problem(
      `${name}: target_session_attrs=${written} finds a server that cannot be written. Use read-write.`,
    )
  }
  return written
}

/** The text before and after the first mark; undefined after it when there is none. */
export function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** Percent-decoding that leaves a lone `%` as it is: passwords are pasted, not typed. */
export function decode(text: string | undefined): string {
  return (text ?? '').replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped)
    } catch {
      return escaped
    }
  })
}
