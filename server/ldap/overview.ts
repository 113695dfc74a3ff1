/** How the directory is set up and what happened with it lately, for admins. No secret is in it. */
import { and, desc, eq } from 'drizzle-orm'
import type { LdapConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import type { DirectoryOverview, DirectoryRefusal, DirectorySettings } from '#server/ldap/overview-model'
import { syncAccounts } from '#server/ldap/sync'
import { readSyncState } from '#server/ldap/sync-lease'
import { isTroubleReason, troubleSentence } from '#server/ldap/trouble-words'

/** Refusals that are shown. */
const SHOWN = 10
/** Sign-ins among which they are looked for, the newest first. */
const LOOKED_AT = 2_000

export async function getDirectoryOverview(ctx: Ctx): Promise<DirectoryOverview> {
  const { ldap } = ctx.config
  if (ldap === null) return { directory: null }
  const [state, refusals] = await Promise.all([readSyncState(ctx), listRefusals(ctx)])
  const sync = {
    everyMinutes: ldap.syncMinutes,
    hasAccount: ldap.bind !== null,
    isRunning: state.isRunning,
    startedAt: state.startedAt?.toISOString() ?? null,
    finishedAt: state.finishedAt?.toISOString() ?? null,
    report: state.report,
  }
  return { directory: { settings: settingsOf(ldap), sync, refusals } }
}

function settingsOf(ldap: LdapConfig): DirectorySettings {
  const { hosts, port, tls, bind, userBases, userFilter, attributes, groupSearch } = ldap
  return {
    ...{ hosts, port, userBases, userFilter, attributes, groupSearch },
    tls: tls.mode,
    verifies: tls.verify,
    hasOwnAuthority: tls.caFile !== null,
    hasClientCertificate: tls.certFile !== null,
    bindDn: bind?.dn ?? null,
    mappings: ldap.roleMappings.map(({ group, role }) => ({ group, role })),
    allowSignUp: ldap.allowSignUp,
    maxConcurrent: ldap.maxConcurrent,
  }
}

async function listRefusals({ db }: Ctx): Promise<DirectoryRefusal[]> {
  const { auditEvents: t } = db.t
  const lately = db.read
    .select()
    .from(t)
    .where(eq(t.action, 'session.login'))
    .orderBy(desc(t.at), desc(t.id))
    .limit(LOOKED_AT)
    // Under the name of the table itself, so that conditions on its columns mean this part of it.
    .as('audit_events')
  const rows = await db.read
    .select()
    .from(lately)
    .where(and(eq(lately.outcome, 'failure'), eq(db.dialect.jsonTextAt(lately.details, ['method']), 'LDAP')))
    .orderBy(desc(lately.at), desc(lately.id))
    .limit(SHOWN)
  return rows.map(({ at, actorName, reason, details, address }) => ({
    at: at.toISOString(),
    name: actorName,
    reason: reason ?? '',
    ...factsIn(details),
    address,
  }))
}

function factsIn(details: string): Pick<DirectoryRefusal, 'host' | 'trouble'> {
  const { host, trouble } = JSON.parse(details) as { host?: unknown; trouble?: unknown }
  return {
    host: typeof host === 'string' ? host : null,
    trouble: isTroubleReason(trouble) ? troubleSentence({ reason: trouble, resultCode: null }) : null,
  }
}

/** How long a request waits for a comparison; one that takes longer goes on beside it. */
const PATIENCE_MS = 5_000

/**
 * Compares the accounts with the directory now. A comparison that takes long is answered for while it goes on.
 * @param atMost so many accounts may be disabled although they are many, which is put on record; null for the usual few
 * @throws AppError conflict: no directory, no service account, or a comparison is under way
 */
export async function compareNow(ctx: Ctx, atMost: number | null): Promise<DirectoryOverview> {
  const { ldap } = ctx.config
  if (!ldap?.bind) {
    const sentence = ldap
      ? 'Comparing needs an account of the directory that may search: set PHOENIX_LDAP_BIND_DN'
      : 'No directory is set up: PHOENIX_LDAP_HOST is not set'
    throw new AppError('conflict', sentence, { code: 'no_directory' })
  }
  const comparison = syncAccounts(ctx, 0, atMost === null ? null : { atMost, by: ctx })
  comparison.catch((err: unknown) =>
    ctx.log.warn({ err }, 'accounts could not be compared with the directory'),
  )
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<'under way'>((resolve) => {
    timer = setTimeout(() => resolve('under way'), PATIENCE_MS)
  })
  const ended = await Promise.race([comparison, patience]).finally(() => clearTimeout(timer))
  if (ended === null) {
    throw new AppError('conflict', 'Accounts are being compared with the directory just now: wait a moment', {
      code: 'busy',
    })
  }
  return getDirectoryOverview(ctx)
}
