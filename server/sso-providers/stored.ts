/** Providers that admins added in Settings, as signing in reads them: anew each time, so that every replica knows them. */
import { asc } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Database, Queries } from '#server/db/database'
import type { ProviderSettings } from '#server/oidc/model'
import { unwrapSecret } from '#server/secrets/secrets'
import { StoredSettings as StoredShape } from '#server/sso-providers/body'
import type { StoredSettings } from '#server/sso-providers/model'

/** What reading them needs; every Ctx fits. */
export type StoredCtx = Pick<Ctx, 'db' | 'config' | 'log'>

/** A row, read. */
export interface StoredRow {
  name: string
  displayName: string
  settings: StoredSettings
  /** A Fernet token. */
  clientSecret: string | null
  enabled: boolean
  userId: number | null
  updatedAt: Date
}

/** Every stored provider in the order of the buttons, the switched-off ones too; one that cannot be understood is logged. */
export async function readStoredRows(
  { db, log }: Pick<StoredCtx, 'db' | 'log'>,
  queries: Queries = db.read,
): Promise<StoredRow[]> {
  const { ssoProviders: t } = db.t
  const rows = await queries.select().from(t).orderBy(asc(t.position), asc(t.id))
  return rows.flatMap((row) => {
    const settings = parseSettings(row.settings)
    if (settings) return { ...row, settings }
    log.error({ provider: row.name }, 'a stored provider cannot be understood: delete it and add it again')
    return []
  })
}

function parseSettings(text: string): StoredSettings | null {
  try {
    return StoredShape.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** A row as the engine takes it, with its secret in clear. */
export function settingsOfRow(row: StoredRow, clientSecret: string | null): ProviderSettings {
  const { name, displayName, settings } = row
  return { ...settings, name, displayName, clientSecret, assertionFile: null, redirectPath: null }
}

/**
 * The stored providers that people may sign in with, in order. One whose secret cannot be opened is left out and logged:
 * without it the provider would refuse us, and nobody would know why.
 */
export async function listStoredProviders(ctx: StoredCtx): Promise<ProviderSettings[]> {
  const rows = (await readStoredRows(ctx)).filter(({ enabled }) => enabled)
  const opened: ProviderSettings[] = []
  for (const row of rows) {
    const secret = await openClientSecret(ctx, row)
    if (secret === undefined)
      ctx.log.error({ provider: row.name }, 'the client secret of a stored provider cannot be read')
    else opened.push(settingsOfRow(row, secret))
  }
  return opened
}

/** The secret of a row; null for a client without one, undefined when no configured PHOENIX_SECRET opens it. */
export async function openClientSecret(
  { config }: Pick<StoredCtx, 'config'>,
  row: Pick<StoredRow, 'clientSecret'>,
): Promise<string | null | undefined> {
  if (row.clientSecret === null) return null
  const plain = await unwrapSecret(config.auth, row.clientSecret)
  return plain?.toString('utf8')
}

/** Whether any provider added in Settings is switched on: one small query. */
export async function hasStoredProviders({ t, read }: Pick<Database, 't' | 'read'>): Promise<boolean> {
  const rows = await read.select({ enabled: t.ssoProviders.enabled }).from(t.ssoProviders)
  return rows.some(({ enabled }) => enabled)
}
