/** API keys as pages and clients see them. Browser-safe. */
import { z } from 'zod'
import type { KeyExpiry } from '#server/api-keys/expiry-model'
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
  lastUsedAddress: string | null
  /** When the value before the last rotation stops working; may be past. Null: it has stopped, or never was one. */
  previousValidUntil: Date | null
  previousLastFour: string | null
  rotatedAt: Date | null
  /** Null once the creator's account is gone. */
  createdBy: { id: number; username: string } | null
}

/** A person's key with the person. */
export interface OwnedApiKey extends ApiKey {
  user: { id: number; username: string; email: string | null }
}

/** Whose keys a page lists: those of the system, everybody's, or one's own. */
export const KEY_LISTS = ['system', 'user', 'own'] as const
export type KeyList = (typeof KEY_LISTS)[number]

/** An expired key stays in the lists for so many days, so that people see why an exporter has stopped. */
export const EXPIRED_KEPT_DAYS = 30
/** The longest time, in seconds, for which a rotated key's old value may go on working: 30 days. */
export const MAX_GRACE_SECONDS = 2_592_000

/** A key as the pages list it. Times are ISO 8601. */
export interface KeySummary {
  /** GlobalID `UserApiKey:<row id>` or `SystemApiKey:<row id>`. */
  id: string
  kind: ApiKeyKind
  name: string
  description: string | null
  lastFour: string | null
  scope: Scope
  /** What it may do now: the key's own role (system) or its owner's (user). */
  role: Role
  /** Null for system keys. The address is there for admins alone. */
  owner: { id: string; username: string; email?: string | null } | null
  /** Null once the creator's account is gone. */
  createdBy: { id: string; username: string } | null
  createdAt: string
  expiresAt: string | null
  expiry: KeyExpiry
  lastUsedAt: string | null
  lastUsedAddress: string | null
  /** The value before the last rotation works until then; null when no grace is running. */
  previousValidUntil: string | null
  previousLastFour: string | null
  rotatedAt: string | null
  /** What the asking person may do with it. */
  may: { rotate: boolean; delete: boolean }
}

/** The answer of `GET /ui/keys`. */
export interface KeyPage {
  keys: KeySummary[]
  /** Where the next page begins; null on the last one. */
  nextCursor: string | null
  /** How many keys the search finds altogether. */
  total: number
}

/** The answer of `GET /ui/keys/{id}/usage`: what deleting the key would stop. */
export interface KeyUsage {
  /** The last 30 days in UTC, oldest first, days without use included. */
  days: { day: string; count: number }[]
  /** Requests of these 30 days. */
  total: number
  /** Requests of the last 7 of them. */
  lastSevenDays: number
  lastUsedAt: string | null
  lastUsedAddress: string | null
}

/** The body's `data` of both rotate routes. */
export const RotateInput = z.object({
  /** For so many seconds the old value works beside the new one; 0 ends it at once. */
  grace_seconds: z.number().int().min(0).max(MAX_GRACE_SECONDS, 'At most 30 days'),
  /** A new expiry (null: never). Left out, the key ends when it did before. */
  expires_at: z
    .string()
    .refine((text) => parseTime(text) !== null, 'Must be a time in ISO 8601')
    .nullish(),
})
export type RotateInput = z.input<typeof RotateInput>
