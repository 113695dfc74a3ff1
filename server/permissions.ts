/**
 * Who may do what. One table: rows are actions, columns are kinds of principal. No imports but types,
 * so that pages use the same table to decide what to show.
 */

export const ROLES = ['VIEWER', 'MEMBER', 'ADMIN'] as const
/** A person's role, weakest first in ROLES. */
export type Role = (typeof ROLES)[number]

export const SCOPES = ['full', 'read', 'ingest'] as const
/** What an API key was made for; narrows the right of its role. */
export type Scope = (typeof SCOPES)[number]

/** Who makes a request. Roles and account states are read anew for every request. */
export type Actor =
  /** No credential, or one that is not good. */
  | { kind: 'anonymous' }
  /** Authentication is switched off. */
  | { kind: 'open' }
  /** Nobody: the server makes a page to be warm (see auth/own-requests.ts). */
  | { kind: 'warmUp' }
  | {
      kind: 'session'
      userId: number
      role: Role
      mustReset: boolean
      accessTokenId: number
      sessionId: number
    }
  | { kind: 'userKey'; userId: number; role: Role; keyId: number; scope: Scope }
  | { kind: 'systemKey'; userId: number; role: Role; keyId: number; scope: Scope }
  | { kind: 'adminSecret'; userId: number; role: 'ADMIN' }

export type ActorKind = Actor['kind']

/** false: never. A role: that role or a stronger one. `own`: on what is one's own, `any`: on everybody's. */
export type Cell = boolean | Role | { own: Role; any: Role | false }

/** What a key's scope must allow: `ingest`, `read`, or `full` for everything else. */
export type Need = 'ingest' | 'read' | 'full'

type Row = { need: Need } & Record<ActorKind, Cell>

// biome-ignore format: a table is read by column
export const PERMISSIONS = {
  //                     scope needed      nobody signed in  auth off    warm-up         a person's session                                a person's key                              a system key         PHOENIX_ADMIN_SECRET
  'project.read':        { need: 'read',   anonymous: false, open: true,  warmUp: true,  session: 'VIEWER',                                userKey: 'VIEWER',                          systemKey: 'VIEWER', adminSecret: true },
  'project.create':      { need: 'full',   anonymous: false, open: true,  warmUp: false, session: 'MEMBER',                                userKey: 'MEMBER',                          systemKey: 'MEMBER', adminSecret: true },
  'project.update':      { need: 'full',   anonymous: false, open: true,  warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'project.delete':      { need: 'full',   anonymous: false, open: true,  warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'trace.read':          { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'VIEWER',                                userKey: 'VIEWER',                          systemKey: 'VIEWER', adminSecret: true },
  'trace.ingest':        { need: 'ingest', anonymous: false, open: true,  warmUp: false, session: 'MEMBER',                                userKey: 'MEMBER',                          systemKey: 'MEMBER', adminSecret: true },
  'profile.read':        { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'VIEWER',                                userKey: 'VIEWER',                          systemKey: 'VIEWER', adminSecret: true },
  'profile.update':      { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'VIEWER',                                userKey: false,                             systemKey: false,    adminSecret: false },
  'settings.read':       { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'VIEWER',                                userKey: false,                             systemKey: false,    adminSecret: false },
  'notice.list':         { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'mail.read':           { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'mail.test':           { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.list': { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.explain': { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.test': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.create': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.update': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'signInProvider.delete': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'directory.read':      { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'directory.test':      { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'directory.compare':   { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'user.list':           { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'user.create':         { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'user.update':         { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'user.delete':         { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'identityBlock.list':  { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'identityBlock.lift':  { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'audit.read':          { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'audit.export':        { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'session.listOwn':     { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'VIEWER',                                userKey: false,                             systemKey: false,    adminSecret: false },
  'session.endOwn':      { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'VIEWER',                                userKey: false,                             systemKey: false,    adminSecret: false },
  'session.listAll':     { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'session.endAny':      { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'userApiKey.listOwn':  { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'VIEWER',                                userKey: 'VIEWER',                          systemKey: 'VIEWER', adminSecret: true },
  'userApiKey.create':   { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'VIEWER',                                userKey: false,                             systemKey: false,    adminSecret: false },
  'userApiKey.rotate':   { need: 'full',   anonymous: false, open: false, warmUp: false, session: { own: 'VIEWER', any: false },           userKey: false,                             systemKey: false,    adminSecret: false },
  'userApiKey.delete':   { need: 'full',   anonymous: false, open: false, warmUp: false, session: { own: 'VIEWER', any: 'ADMIN' },         userKey: { own: 'VIEWER', any: 'ADMIN' },   systemKey: 'ADMIN',  adminSecret: true },
  'userApiKey.listAll':  { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'systemApiKey.list':   { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'systemApiKey.create': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: true },
  'systemApiKey.rotate': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: true },
  'systemApiKey.delete': { need: 'full',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'secret.list':         { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'secret.update':       { need: 'full',   anonymous: false, open: true,  warmUp: false, session: 'ADMIN',                                 userKey: 'ADMIN',                           systemKey: 'ADMIN',  adminSecret: true },
  'secret.reveal':       { need: 'read',   anonymous: false, open: false, warmUp: false, session: 'ADMIN',                                 userKey: false,                             systemKey: false,    adminSecret: false },
  'graphql.use':         { need: 'read',   anonymous: false, open: true,  warmUp: false, session: 'VIEWER',                                userKey: 'VIEWER',                          systemKey: 'VIEWER', adminSecret: true },
} as const satisfies Record<string, Row>

/** An action that the table knows. */
export type Action = keyof typeof PERMISSIONS

const SCOPE_GRANTS: Record<Scope, readonly Need[]> = {
  full: ['ingest', 'read', 'full'],
  read: ['read'],
  ingest: ['ingest'],
}

const rank = (role: Role) => ROLES.indexOf(role)

/**
 * Whether the actor may do the action. Pure and synchronous, so a forgotten `await` cannot grant.
 * @param isOwner whether the thing acted upon is the actor's own; only rows with an `own` cell look at it
 */
export function can(actor: Actor, action: Action, isOwner = false): boolean {
  const row: Row = PERMISSIONS[action]
  const cell = row[actor.kind]
  if ('scope' in actor && !SCOPE_GRANTS[actor.scope].includes(row.need)) return false
  if (typeof cell === 'boolean') return cell
  if (!('role' in actor)) return false
  const needed = typeof cell === 'string' ? cell : isOwner ? cell.own : cell.any
  if (needed === false) return false
  return rank(actor.role) >= rank(needed)
}
