/** API keys as pages and clients see them. Browser-safe. */
import { z } from 'zod'
import { ROLES, type Role, SCOPES, type Scope } from '#server/permissions'
import { isStorable } from '#server/text'
import { parseTime } from '#server/wire-time'

const Text = z.string().refine(isStorable, 'Must not hold a null byte or half a character')

/** The body of both create routes, and the form of the page. */
export const ApiKeyInput = z.object({
  name: Text.trim().min(1, 'A key needs a name').max(200, 'At most 200 characters'),
  description: Text.max(2000, 'At most 2000 characters').nullish(),
  /** ISO 8601; without an offset it is UTC. Must lie in the future. */
  expires_at: z
    .string()
    .refine((text) => parseTime(text) !== null, 'Must be a time in ISO 8601')
    .nullish(),
  scope: z.enum(SCOPES).default('full'),
  /** System keys only. */
  role: z.enum(ROLES).optional(),
})
export type ApiKeyInput = z.input<typeof ApiKeyInput>

/** Whose key it is: a person's, or the system user's. */
export type ApiKeyKind = 'user' | 'system'

/** A key without its text. */
export interface ApiKey {
  id: number
  kind: ApiKeyKind
  name: string
  description: string | null
  lastFour: string | null
  scope: Scope
  /** The key's own role (system) or its owner's (user). */
  role: Role
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
  /** Null once the creator's account is gone. */
  createdBy: { id: number; username: string } | null
}

/** A person's key with the person. */
export interface OwnedApiKey extends ApiKey {
  user: { id: number; username: string; email: string | null }
}
