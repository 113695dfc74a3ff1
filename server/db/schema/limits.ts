/** What is counted against abuse: see server/limits. Everything in it is forgotten again within minutes or hours. */
import type { Palette } from '#server/db/columns.postgres'

export function defineLimits(c: Palette) {
  /** How often somebody came lately: one row for each limit and address. */
  const rateLimits = c.table(
    'rate_limits',
    {
      /** Keyed digest of the limit's name and the client's address, hex. */
      key: c.text('key').primaryKey(),
      /** JSON list of pairs: the number of a slice of time since 1970, and how many requests fell into it. */
      hits: c.text('hits').notNull(),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [c.index('rate_limits_expires_at_index').on(t.expiresAt)],
  )

  /** Failed sign-ins of one name, whether an account has it or not. */
  const lockouts = c.table(
    'lockouts',
    {
      /** Keyed digest of the name, hex. */
      nameDigest: c.text('name_digest').primaryKey(),
      failures: c.int('failures').notNull(),
      /** Null while there are too few failures. */
      lockedUntil: c.time('locked_until'),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [c.index('lockouts_expires_at_index').on(t.expiresAt)],
  )

  return { rateLimits, lockouts }
}
