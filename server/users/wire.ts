/** Accounts as REST shows them. */
import { z } from 'zod'
import { ACCOUNT_ROLES } from '#server/db/schema'
import { decodeGlobalId, encodeGlobalId } from '#server/global-id'
import { invalidCursor } from '#server/query'
import type { BlockedRow } from '#server/users/blocked'
import type { User } from '#server/users/find'
import type { BlockedIdentities } from '#server/users/model'
import { formatTime } from '#server/wire-time'

const common = {
  id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  email: z.string(),
  username: z.string(),
  role: z.enum(ACCOUNT_ROLES),
}

export const WireUser = z.discriminatedUnion('auth_method', [
  z.object({ ...common, auth_method: z.literal('LOCAL'), password_needs_reset: z.boolean() }),
  z.object({
    ...common,
    auth_method: z.literal('OAUTH2'),
    oauth2_client_id: z.string().optional(),
    oauth2_user_id: z.string().optional(),
    profile_picture_url: z.string().optional(),
  }),
  z.object({ ...common, auth_method: z.literal('LDAP') }),
])
export type WireUser = z.infer<typeof WireUser>

/** Who asks while authentication is off. */
export const WireAnonymous = z.object({ auth_method: z.literal('ANONYMOUS') })
export type WireAnonymous = z.infer<typeof WireAnonymous>

/** An account for a REST answer: no password, no field that is not set. */
export function writeUser(user: User): WireUser {
  const shared = {
    id: encodeGlobalId('User', user.id),
    created_at: formatTime(user.createdAt),
    updated_at: formatTime(user.updatedAt),
    email: user.email ?? '',
    username: user.username,
    role: user.role,
  }
  if (user.authMethod === 'LOCAL')
    return { ...shared, auth_method: 'LOCAL', password_needs_reset: user.resetPassword }
  if (user.authMethod === 'LDAP') return { ...shared, auth_method: 'LDAP' }
  return {
    ...shared,
    auth_method: 'OAUTH2',
    ...(user.oauth2ClientId && { oauth2_client_id: user.oauth2ClientId }),
    ...(user.oauth2UserId && { oauth2_user_id: user.oauth2UserId }),
    ...(user.profilePictureUrl && { profile_picture_url: user.profilePictureUrl }),
  }
}

/**
 * The row id that a page of accounts begins with.
 * @throws AppError invalid for anything but the id of an account
 */
export function readUserCursor(cursor: string | undefined): number | null {
  return readCursorOf('User', cursor)
}

/** As `readUserCursor`, for what is blocked. */
export function readBlockedCursor(cursor: string | undefined): number | null {
  return readCursorOf('BlockedIdentity', cursor)
}

function readCursorOf(type: 'User' | 'BlockedIdentity', cursor: string | undefined): number | null {
  if (!cursor) return null
  const id = decodeGlobalId(cursor)
  if (id?.type !== type) throw invalidCursor(cursor)
  return id.rowId
}

/** A page of what is blocked, for our own pages. */
export function writeBlocked(page: {
  rows: BlockedRow[]
  next: number | null
  total: number
}): BlockedIdentities {
  return {
    blocked: page.rows.map(({ id, createdAt, createdBy }) => ({
      id: encodeGlobalId('BlockedIdentity', id),
      createdAt: createdAt.toISOString(),
      createdBy,
    })),
    nextCursor: page.next === null ? null : encodeGlobalId('BlockedIdentity', page.next),
    total: page.total,
  }
}
