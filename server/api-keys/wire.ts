/** API keys in JSON: what is not set is left out. */
import { z } from 'zod'
import {
  type ApiKey,
  ApiKeyInput,
  type ApiKeyKind,
  type OwnedApiKey,
  RotateInput,
} from '#server/api-keys/model'
import { decodeGlobalId, encodeGlobalId, type GlobalIdType, requireGlobalId } from '#server/global-id'
import { ROLES, SCOPES } from '#server/permissions'
import { invalidCursor } from '#server/query'
import { formatTime } from '#server/wire-time'

/** The body of both create routes. */
export const CreateApiKeyBody = z.object({ data: ApiKeyInput })

/** The body of both rotate routes. */
export const RotateApiKeyBody = z.object({ data: RotateInput })

const Time = z.iso.datetime({ offset: true })

export const ApiKeyJson = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  created_at: Time,
  expires_at: Time.optional(),
  last_used_at: Time.optional(),
  last_four: z.string().optional(),
  rotated_at: Time.optional(),
  /** Until when the value before the last rotation works; may be past. */
  previous_valid_until: Time.optional(),
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
  const { description, expiresAt, lastUsedAt, lastFour, rotatedAt, previousValidUntil, createdBy } = apiKey
  return {
    id: encodeGlobalId(keyIdType(apiKey.kind), apiKey.id),
    name: apiKey.name,
    ...(description !== null && { description }),
    created_at: formatTime(apiKey.createdAt),
    ...(expiresAt && { expires_at: formatTime(expiresAt) }),
    ...(lastUsedAt && { last_used_at: formatTime(lastUsedAt) }),
    ...(lastFour !== null && { last_four: lastFour }),
    ...(rotatedAt && { rotated_at: formatTime(rotatedAt) }),
    ...(previousValidUntil && { previous_valid_until: formatTime(previousValidUntil) }),
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

/** The answer to a creation. It holds the key's text, so no cache may keep it. */
export const createdResponse = (made: KeyWithText): Response => textResponse(made, 201)

/** The answer to a rotation. It holds the key's text, so no cache may keep it. */
export const rotatedResponse = (made: KeyWithText): Response => textResponse(made, 200)

interface KeyWithText {
  apiKey: ApiKey
  text: string
}

function textResponse({ apiKey, text }: KeyWithText, status: number): Response {
  const data = { ...apiKeyJson(apiKey), key: text }
  return Response.json({ data }, { status, headers: { 'cache-control': 'no-store' } })
}

/**
 * The row id and the kind of a key's id, for paths that take both kinds.
 * @throws AppError invalid (422) for anything else
 */
export function requireKeyId(text: string): { id: number; kind: ApiKeyKind } {
  const isSystem = decodeGlobalId(text)?.type === 'SystemApiKey'
  const id = requireGlobalId(isSystem ? 'SystemApiKey' : 'UserApiKey', text)
  return { id, kind: isSystem ? 'system' : 'user' }
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
