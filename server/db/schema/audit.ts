/** The audit log. */
import type { Palette } from '#server/db/columns.postgres'

export function defineAudit(c: Palette) {
  /** Who did what. Chained: see server/audit. Personal data stands in columns the chain covers by digest only. */
  const auditEvents = c.table(
    'audit_events',
    {
      /** Counted by the chain itself, without gaps. */
      id: c.int('id').primaryKey(),
      at: c.time('at').notNull(),
      action: c.text('action').notNull(),
      outcome: c.choice<'success' | 'failure'>('outcome').notNull(),
      reason: c.text('reason'),
      actorKind: c.text('actor_kind').notNull(),
      actorUserId: c.int('actor_user_id'),
      /** `ApiKey:7`, `AccessToken:12`: the credential that was used. */
      credential: c.text('credential'),
      /** `User:3`, `ApiKey:9`: what it was done to. */
      target: c.text('target'),
      /** Further facts without personal data, as a JSON object. */
      details: c.jsonText('details').notNull(),
      actorName: c.text('actor_name'),
      targetName: c.text('target_name'),
      address: c.text('address'),
      userAgent: c.text('user_agent'),
      /** Blanked together with the four columns above: without it nobody can test a guess against the digest. */
      personalSalt: c.text('personal_salt'),
      /** HMAC of the salt and the four personal columns, hex; stays when they are blanked. */
      personalDigest: c.text('personal_digest').notNull(),
      /** HMAC over the previous entry's hash and this entry's chained columns, hex. */
      hash: c.text('hash').notNull(),
    },
    (t) => [
      c.index('audit_events_at_index').on(t.at),
      c.index('audit_events_actor_index').on(t.actorUserId, t.at),
      c.index('audit_events_action_index').on(t.action, t.at),
      c.index('audit_events_outcome_index').on(t.outcome, t.at),
      c.index('audit_events_target_index').on(t.target, t.at),
      c.index('audit_events_address_index').on(t.address, t.at),
    ],
  )

  /**
   * Row 1 is the head of the chain and its key; appends lock it, which puts them in one order. A key that no
   * secret opens any more moves, with the head of its stretch, to a further row: see server/audit/chain.ts.
   */
  const auditChain = c.table('audit_chain', {
    id: c.int('id').primaryKey(),
    /** The HMAC key: a Fernet token, or base64 while no PHOENIX_SECRET is set. */
    chainKey: c.text('chain_key').notNull(),
    keyEncrypted: c.bool('key_encrypted').notNull(),
    count: c.int('count').notNull(),
    hash: c.text('hash').notNull(),
  })

  return { auditEvents, auditChain }
}
