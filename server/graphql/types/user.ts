/** Accounts and their keys. */
import type { OwnedApiKey } from '#server/api-keys/model'
import type { AccountRole } from '#server/db/schema'
import { encodeGlobalId } from '#server/global-id'
import type { Ask } from '#server/graphql/ask'
import { builder, idOf, Node } from '#server/graphql/builder'
import { connectionType } from '#server/graphql/connection'
import { permit } from '#server/graphql/gate'
import { mustBeThere } from '#server/graphql/loaders'
import type { User } from '#server/users/find'
import { isManager } from '#server/users/management-link'
import { isOwnAccount } from '#server/users/protection'

/** The roles in the order of their ids, which begin with 1. */
const ROLE_NAMES: readonly AccountRole[] = ['SYSTEM', 'ADMIN', 'MEMBER', 'VIEWER']

export interface UserRole {
  id: number
  name: AccountRole
}

/** A role by its name. */
export const roleOf = (name: AccountRole): UserRole => ({ id: ROLE_NAMES.indexOf(name) + 1, name })

export const ROLES: readonly UserRole[] = ROLE_NAMES.map(roleOf)
/** The roles that people have. */
export const ASSIGNABLE_ROLES: readonly UserRole[] = ROLES.filter(({ name }) => name !== 'SYSTEM')

export const AuthMethodType = builder.enumType('AuthMethod', { values: ['LOCAL', 'OAUTH2', 'LDAP'] as const })
export const RoleInput = builder.enumType('UserRoleInput', { values: ['ADMIN', 'MEMBER', 'VIEWER'] as const })

export const UserRoleType = builder.objectRef<UserRole>('UserRole').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('UserRole') }),
    name: t.exposeString('name'),
  }),
})

export const UserType = builder.objectRef<User>('User')
export const UserApiKeyType = builder.objectRef<OwnedApiKey>('UserApiKey')

/** Whose keys they are decides which right it takes to see them. */
const permitKeys = (user: User, ask: Ask) => {
  const own = isOwnAccount(ask.ctx, user.id)
  permit(ask, own ? 'userApiKey.listOwn' : 'userApiKey.listAll')
}

UserType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('User') }),
    email: t.exposeString('email', { nullable: true }),
    username: t.exposeString('username'),
    profilePictureUrl: t.exposeString('profilePictureUrl', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    authMethod: t.expose('authMethod', { type: AuthMethodType }),
    role: t.field({ type: UserRoleType, resolve: ({ role }) => roleOf(role) }),
    passwordNeedsReset: t.exposeBoolean('resetPassword'),
    isManagementUser: t.boolean({ resolve: (user, _args, { ctx }) => isManager(ctx.config, user) }),
    apiKeyCount: t.int({
      resolve: async (user, _args, ask) => {
        permitKeys(user, ask)
        return (await ask.loaders.keyCountOfUser.load(user.id)) ?? 0
      },
    }),
    apiKeys: t.field({
      type: [UserApiKeyType],
      resolve: async (user, _args, ask) => {
        permitKeys(user, ask)
        const keys = (await ask.loaders.keysOfUser.load(user.id)) ?? []
        ask.spend(keys.length)
        return keys
      },
    }),
  }),
})

export const UserConnection = connectionType('User', UserType)

UserApiKeyType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('UserApiKey') }),
    name: t.exposeString('name'),
    description: t.exposeString('description', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    user: t.field({ type: UserType, resolve: (key, _args, ask) => loadUser(ask, key.user.id) }),
  }),
})

export const SystemApiKeyType = builder.objectRef<OwnedApiKey>('SystemApiKey').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('SystemApiKey') }),
    name: t.exposeString('name'),
    description: t.exposeString('description', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
  }),
})

/**
 * An account that the caller may see.
 * @throws AppError forbidden, not_found
 */
export function loadUser(ask: Ask, id: number): Promise<User> {
  permit(ask, isOwnAccount(ask.ctx, id) ? 'profile.read' : 'user.list')
  return mustBeThere(ask.loaders.user.load(id), `User ${encodeGlobalId('User', id)}`)
}
