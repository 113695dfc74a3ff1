/** TLS towards the directory: which authorities count, which name its certificate must hold. */
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls'
import type { LdapConfig } from '#server/config/model'
import { LdapTrouble } from '#server/ldap/trouble'

type Tls = LdapConfig['tls']

interface Kept {
  /** Which files they were, and when they were written. */
  stamp: string
  context: SecureContext
}

// A long list of authorities takes milliseconds of the main thread to read.
const kept = new WeakMap<Tls, Kept>()

/**
 * The options of one connection. Under StartTLS the library leaves the name to us, and Node would check `localhost`.
 * @throws LdapTrouble when a file has gone or is broken since the start
 */
export function tlsOptions({ tls }: LdapConfig, host: string): ConnectionOptions {
  return {
    secureContext: contextFor(tls),
    rejectUnauthorized: tls.verify,
    ...(isIP(host) === 0 ? { servername: host } : { host }),
  }
}

function contextFor(tls: Tls): SecureContext {
  try {
    const stamp = [tls.caFile, tls.certFile, tls.keyFile].map(stampOf).join(' ')
    const known = kept.get(tls)
    if (known?.stamp === stamp) return known.context
    const context = createSecureContext({
      ...(tls.caFile !== null && { ca: readFileSync(tls.caFile) }),
      ...(tls.certFile !== null && { cert: readFileSync(tls.certFile) }),
      ...(tls.keyFile !== null && { key: readFileSync(tls.keyFile) }),
    })
    kept.set(tls, { stamp, context })
    return context
  } catch (error) {
    throw new LdapTrouble('tls', 'files', error)
  }
}

const stampOf = (file: string | null) => (file === null ? '-' : `${statSync(file).mtimeMs}`)
