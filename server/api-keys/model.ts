/** API keys as pages and clients see them. Browser-safe. */
import { z } from 'zod'
import { ROLES, type Role, SCOPES, type Scope } from '#server/permissions'

/** The body of both create routes, and the form of the page. */
export const ApiKeyInput = z.object({
  name: z.string().trim().min(1, 'A key needs a name').max(200, 'At most 200 characters'),
  description: z.string().max(2000, 'At most 2000 characters').nullish(),
  /** ISO 8601; without an offset it is UTC. Must lie in the future. */
  expires_at: z.string().nullish(),
  scope: z.enum(SCOPES).default('full'),
  /** System keys only. */
  role: z.enum(ROLES).optional(),
})
export type ApiKeyInput = z.input<typeof ApiKeyInput>

/** A key without its text. */
export interface ApiKey {
  id: number
  kind: 'user' | 'system'
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
