/** API keys in JSON: what is not set is left out. */
import { z } from 'zod'
import { type ApiKey, ApiKeyInput, type OwnedApiKey } from '#server/api-keys/model'
import { decodeGlobalId, encodeGlobalId, type GlobalIdType } from '#server/global-id'
import { ROLES, SCOPES } from '#server/permissions'
import { invalidCursor } from '#server/query'
import { formatTime } from '#server/wire-time'

/** The body of both create routes. */
export const CreateApiKeyBody = z.object({ data: ApiKeyInput })

const Time = z.iso.datetime({ offset: true })

export const ApiKeyJson = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  created_at: Time,
  expires_at: Time.optional(),
  last_used_at: Time.optional(),
  last_four: z.string().optional(),
  scope: z.enum(SCOPES),
  role: z.enum(ROLES),
  /** Left out once the creator's account is gone. */
  created_by: z.object({ id: z.string(), username: z.string() }).optional(),
})
export type ApiKeyJson = z.infer<typeof ApiKeyJson>

export const OwnedApiKeyJson = ApiKeyJson.extend({
  user: z.object({ id: z.string(), username: z.string(), email: z.string().nullable() }),
})

export const ApiKeyList = z.object({ data: z.array(ApiKeyJson) })
export const OwnedApiKeyPage = z.object({
  data: z.array(OwnedApiKeyJson),
  next_cursor: z.string().nullable(),
})
export const CreatedApiKey = z.object({ data: ApiKeyJson.extend({ key: z.string() }) })

/** The type name in a key's id. */
export const keyIdType = (kind: ApiKey['kind']): GlobalIdType =>
  kind === 'system' ? 'SystemApiKey' : 'UserApiKey'

/** A key as REST shows it. */
export function apiKeyJson(apiKey: ApiKey): ApiKeyJson {
  const { description, expiresAt, lastUsedAt, lastFour, createdBy } = apiKey
  return {
    id: encodeGlobalId(keyIdType(apiKey.kind), apiKey.id),
    name: apiKey.name,
    ...(description !== null && { description }),
    created_at: formatTime(apiKey.createdAt),
    ...(expiresAt && { expires_at: formatTime(expiresAt) }),
    ...(lastUsedAt && { last_used_at: formatTime(lastUsedAt) }),
    ...(lastFour !== null && { last_four: lastFour }),
    scope: apiKey.scope,
    role: apiKey.role,
    ...(createdBy && {
      created_by: { id: encodeGlobalId('User', createdBy.id), username: createdBy.username },
    }),
  }
}

/** A person's key with the person, for the list of everybody's. */
export function ownedApiKeyJson(apiKey: OwnedApiKey): z.infer<typeof OwnedApiKeyJson> {
  const { id, username, email } = apiKey.user
  return { ...apiKeyJson(apiKey), user: { id: encodeGlobalId('User', id), username, email } }
}

/** The answer to a creation: the only one that holds the key's text, so no cache may keep it. */
export function createdResponse(created: { apiKey: ApiKey; text: string }): Response {
  const data = { ...apiKeyJson(created.apiKey), key: created.text }
  return Response.json({ data }, { status: 201, headers: { 'cache-control': 'no-store' } })
}

/**
 * The row id that a page of keys begins with.
 * @throws AppError invalid for anything but the id of a user key
 */
export function readKeyCursor(cursor: string | undefined): number | null {
  if (!cursor) return null
  const id = decodeGlobalId(cursor)
  if (id?.type !== 'UserApiKey') throw invalidCursor(cursor)
  return id.rowId
}
