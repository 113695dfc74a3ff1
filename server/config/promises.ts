/**
 * Variables that this build reads but cannot keep yet. One that promises protection stops the start:
 * an operator who asked for a lock must not get an open door and a log line. The others only warn.
 */
import type { Reader } from '#server/config/reader'

interface Unkept {
  /** `switch`: only when it says true. `amount`: only when it is not zero. `any`: whenever it is set. */
  when: 'switch' | 'amount' | 'any'
  /** What does not happen, and what to do. */
  because: string
}

/** Name → why the start stops. */
const REFUSED: Record<string, Unkept> = {
  PHOENIX_POSTGRES_USE_AWS_IAM_AUTH: {
    when: 'switch',
    because: 'signed AWS tokens are not made yet. Remove it and use a password.',
  },
  PHOENIX_POSTGRES_USE_AZURE_MANAGED_IDENTITY: {
    when: 'switch',
    because: 'Azure identity tokens are not fetched yet. Remove it and use a password.',
  },
  PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: {
    when: 'amount',
    because: 'nothing deletes old traces yet: they are kept for ever. Remove it, or set it to 0.',
  },
  PHOENIX_DATABASE_USAGE_INSERTION_BLOCKING_THRESHOLD_PERCENTAGE: {
    when: 'amount',
    because: 'writes are not blocked before the storage is full yet. Remove it and watch the disk.',
  },
  PHOENIX_DANGEROUSLY_DISABLE_MIGRATIONS: {
    when: 'switch',
    because: 'the server always migrates its database at start. Remove it.',
  },
}

/** Name → what does not happen although it is set. Nobody is less safe for it. */
const WITHOUT_EFFECT: Record<string, Unkept> = {
  PHOENIX_SQL_DATABASE_READ_REPLICA_URL: {
    when: 'any',
    because: 'a read replica is not used yet. Everything is read from the primary.',
  },
  PHOENIX_DATABASE_USAGE_EMAIL_WARNING_THRESHOLD_PERCENTAGE: {
    when: 'amount',
    because: 'no mail about storage is sent yet.',
  },
  PHOENIX_FASTAPI_MIDDLEWARE_PATHS: { when: 'any', because: 'Python plug-ins cannot be loaded.' },
  PHOENIX_GQL_EXTENSION_PATHS: { when: 'any', because: 'Python plug-ins cannot be loaded.' },
  PHOENIX_GRPC_INTERCEPTOR_PATHS: { when: 'any', because: 'Python plug-ins cannot be loaded.' },
}

/** Reports every variable that asks for something this build does not do. */
export function checkPromises(reader: Reader): void {
  for (const [name, unkept] of Object.entries(REFUSED)) {
    if (asksForIt(reader, name, unkept.when)) reader.problem(`${name}: ${unkept.because}`)
  }
  for (const [name, unkept] of Object.entries(WITHOUT_EFFECT)) {
    if (asksForIt(reader, name, unkept.when)) reader.warn(`${name}: ${unkept.because}`)
  }
}

function asksForIt(reader: Reader, name: string, when: Unkept['when']): boolean {
  if (when === 'switch') return reader.bool(name, false)
  if (when === 'amount') return reader.decimal(name, { fallback: 0, min: 0, max: 1e9 }) > 0
  return reader.text(name) !== null
}
