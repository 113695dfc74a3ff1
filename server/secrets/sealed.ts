/**
 * Everything in the database that lies encrypted under PHOENIX_SECRET. Whoever adds another such column adds a store
 * here: `bennu secret rotate` and `bennu secret check` know no other list.
 */
import { and, asc, count, eq, gt, isNotNull } from 'drizzle-orm'
import { HEAD } from '#server/audit/chain'
import type { Database, Queries } from '#server/db/database'

/** One Fernet token and where it lies. */
export interface Sealed<Id> {
  id: Id
  /** For people: what cannot be read when it cannot. */
  label: string
  token: string
}

/** A table that holds Fernet tokens. */
export interface SealedStore<Id extends string | number = string | number> {
  /** For people, in the plural. */
  name: string
  count(queries: Queries): Promise<number>
  /** Rows after `after`, in the order of their ids. */
  page(queries: Queries, after: Id | null, limit: number): Promise<Sealed<Id>[]>
  /** Puts a token in the place of the one that was read; false when that is not there any more. */
  replace(tx: Queries, row: Sealed<Id>, token: string): Promise<boolean>
}

/** Every store of a database. The instance keys come first: one of them says which secret is in force. */
export function sealedStores({ t }: Pick<Database, 't'>): SealedStore[] {
  return [
    instanceKeyStore(t),
    auditChainStore(t),
    secretStore(t),
    clientSecretStore(t),
    idTokenStore(t),
  ] as unknown as SealedStore[]
}

type Tables = Database['t']

function instanceKeyStore({ instanceKeys: t }: Tables): SealedStore<string> {
  const isSealed = eq(t.keyEncrypted, true)
  return {
    name: 'keys of this installation',
    count: async (queries) => countOf(await queries.select({ n: count() }).from(t).where(isSealed)),
    page: async (queries, after, limit) => {
      const rows = await queries
        .select({ id: t.name, token: t.keyText })
        .from(t)
        .where(and(isSealed, after === null ? undefined : gt(t.name, after)))
        .orderBy(asc(t.name))
        .limit(limit)
      return rows.map((row) => ({ ...row, label: `key ${row.id}` }))
    },
    replace: async (tx, { id, token }, keyText) => {
      const isSame = and(eq(t.name, id), eq(t.keyText, token))
      return hasRow(await tx.update(t).set({ keyText }).where(isSame).returning({ id: t.name }))
    },
  }
}

function auditChainStore({ auditChain: t }: Tables): SealedStore<number> {
  const isSealed = eq(t.keyEncrypted, true)
  return {
    name: 'keys of the audit log',
    count: async (queries) => countOf(await queries.select({ n: count() }).from(t).where(isSealed)),
    page: async (queries, after, limit) => {
      const rows = await queries
        .select({ id: t.id, token: t.chainKey, count: t.count })
        .from(t)
        .where(and(isSealed, after === null ? undefined : gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit)
      return rows.map(({ id, token, count: last }) => ({
        id,
        token,
        label: id === HEAD ? 'key of the audit log' : `earlier key of the audit log, to entry ${last}`,
      }))
    },
    replace: async (tx, { id, token }, chainKey) => {
      const isSame = and(eq(t.id, id), eq(t.chainKey, token))
      return hasRow(await tx.update(t).set({ chainKey }).where(isSame).returning({ id: t.id }))
    },
  }
}

function secretStore({ secrets: t }: Tables): SealedStore<string> {
  return {
    name: 'stored secrets',
    count: (queries) => queries.$count(t),
    page: async (queries, after, limit) => {
      const rows = await queries
        .select({ id: t.key, token: t.value })
        .from(t)
        .where(after === null ? undefined : gt(t.key, after))
        .orderBy(asc(t.key))
        .limit(limit)
      return rows.map((row) => ({ ...row, label: `stored secret ${row.id}` }))
    },
    replace: async (tx, { id, token }, value) => {
      const isSame = and(eq(t.key, id), eq(t.value, token))
      return hasRow(await tx.update(t).set({ value }).where(isSame).returning({ id: t.key }))
    },
  }
}

function clientSecretStore({ ssoProviders: t }: Tables): SealedStore<number> {
  const isSealed = isNotNull(t.clientSecret)
  return {
    name: 'client secrets of providers',
    count: async (queries) => countOf(await queries.select({ n: count() }).from(t).where(isSealed)),
    page: async (queries, after, limit) => {
      const rows = await queries
        .select({ id: t.id, name: t.name, token: t.clientSecret })
        .from(t)
        .where(and(isSealed, after === null ? undefined : gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit)
      return rows.map(({ id, name, token }) => ({
        id,
        token: token ?? '',
        label: `client secret of ${name}`,
      }))
    },
    replace: async (tx, { id, token }, clientSecret) => {
      const isSame = and(eq(t.id, id), eq(t.clientSecret, token))
      return hasRow(await tx.update(t).set({ clientSecret }).where(isSame).returning({ id: t.id }))
    },
  }
}

function idTokenStore({ oidcSessions: t }: Tables): SealedStore<number> {
  return {
    name: 'id tokens of sessions',
    count: (queries) => queries.$count(t),
    page: async (queries, after, limit) => {
      const rows = await queries
        .select({ id: t.sessionId, token: t.idToken })
        .from(t)
        .where(after === null ? undefined : gt(t.sessionId, after))
        .orderBy(asc(t.sessionId))
        .limit(limit)
      return rows.map((row) => ({ ...row, label: `id token of session ${row.id}` }))
    },
    replace: async (tx, { id, token }, idToken) => {
      const isSame = and(eq(t.sessionId, id), eq(t.idToken, token))
      return hasRow(await tx.update(t).set({ idToken }).where(isSame).returning({ id: t.sessionId }))
    },
  }
}

const countOf = ([row]: { n: number }[]) => row?.n ?? 0
const hasRow = (rows: readonly unknown[]) => rows.length > 0
