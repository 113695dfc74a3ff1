/** Accounts as forms, clients and pages change and see them. Browser-safe. */
import { z } from 'zod'
import type {} from 'zod-openapi'
import type { AuthMethod } from '#server/db/schema'
import { ROLES, type Role } from '#server/permissions'
import { isStorable } from '#server/text'

const MAX_USERNAME = 255
/** The longest address by RFC 5321 4.5.3.1. */
const MAX_EMAIL = 320
/** Why an account is disabled, in characters. */
export const MAX_REASON = 200

const Text = z.string().refine(isStorable, 'The text contains a character that cannot be stored')

/** A name people show up with: any text that is not blank. */
export const Username = z
  .string()
  .refine(isStorable, 'The name contains a character that cannot be stored')
  .trim()
  .min(1, 'The name must not be empty')
  .max(MAX_USERNAME, `At most ${MAX_USERNAME} characters`)

/** One @, no blank, and a dot in the domain with text on both sides; small letters. `.local` and `.internal` are fine. */
export const Email = Text.trim()
  .toLowerCase()
  .max(MAX_EMAIL, `At most ${MAX_EMAIL} characters`)
  .refine(
    (text) => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text),
    'Not an e-mail address: write it like ada@example.com',
  )

/** Any word: one that is no role of a person is refused with a sentence of its own. */
const RoleWord = Text.meta({ override: { type: 'string', enum: [...ROLES] } })

/** Refused aloud: an answer of 200 to it would look as if it had been changed. */
const UnchangeableEmail = z.never('An e-mail address never changes: make another account').nullish()

/** The body of `PATCH /v1/user`. What is left out or null stays as it is. */
export const ProfileChange = z.object({
  user: z.object({
    username: Username.nullish(),
    email: UnchangeableEmail,
    role: z.never('Nobody changes the own role: ask another admin').nullish(),
    password: z.string().nullish(),
    /** Needed to change the password. */
    current_password: z.string().nullish(),
  }),
})
export type ProfileChange = z.infer<typeof ProfileChange>

/** The body of `PATCH /v1/users/{id}`. What is left out or null stays as it is; an address never changes. */
export const UserChange = z.object({
  user: z.object({
    username: Username.nullish(),
    email: UnchangeableEmail,
    role: RoleWord.nullish(),
    /** A new password, to be changed at the next sign-in. */
    password: z.string().nullish(),
    /** Needed where an admin changes the own password. */
    current_password: z.string().nullish(),
    disabled: z.boolean().nullish(),
    /** For other admins and the audit log; goes with `disabled: true`. */
    disabled_reason: Text.trim().max(MAX_REASON, `At most ${MAX_REASON} characters`).nullish(),
  }),
})
export type UserChange = z.infer<typeof UserChange>

const newUser = { email: Email, username: Username, role: RoleWord }

/** The body of `POST /v1/users`. */
export const NewUser = z.object({
  user: z.discriminatedUnion('auth_method', [
    z.object({
      ...newUser,
      auth_method: z.literal('LOCAL'),
      /** Without one the account waits for its password to be reset. */
      password: z.string().nullish(),
    }),
    z.object({
      ...newUser,
      auth_method: z.literal('OAUTH2'),
      password: z.string().nullish(),
      oauth2_client_id: Text.nullish(),
      oauth2_user_id: Text.nullish(),
    }),
    z.object({ ...newUser, auth_method: z.literal('LDAP'), password: z.string().nullish() }),
  ]),
  send_welcome_email: z.boolean().default(true),
})
export type NewUser = z.output<typeof NewUser>

/** What an admin may do with an account. */
export type UserDeed = 'changeRole' | 'resetPassword' | 'disable' | 'delete'

/** An account in the list of all. Times are ISO 8601. */
export interface UserSummary {
  /** GlobalID `User:<row id>`. */
  id: string
  username: string
  email: string | null
  role: Role
  authMethod: AuthMethod
  createdAt: string
  /** The last request by a session or a key of theirs, to the minute; null when there was none. */
  lastSeenAt: string | null
  keyCount: number
  /** Sessions that are alive. */
  sessionCount: number
  disabledAt: string | null
  disabledReason: string | null
  mustReset: boolean
  isSelf: boolean
  isDefaultAdmin: boolean
  may: Record<UserDeed, boolean>
  /** The first reason why something of `may` is false. */
  why?: string
  /** The reason for each that is false. */
  whyNot: Partial<Record<UserDeed, string>>
}

/** The answer of `GET /ui/users`: newest first, without the system account. */
export interface UserPage {
  users: UserSummary[]
  nextCursor: string | null
  /** How many accounts match the search. */
  total: number
}

/** The answer of `GET /ui/users/{id}`. */
export interface UserDetail extends UserSummary {
  /** What deleting the account stops, and what stays without its author. */
  deletion: { keys: number; sessions: number; systemKeysMade: number }
}

/** An address and a name that must not come back. Only digests are stored, so neither can be shown. */
export interface BlockedIdentity {
  /** GlobalID `BlockedIdentity:<row id>`. */
  id: string
  createdAt: string
  /** Null once that admin's account is gone. */
  createdBy: { username: string } | null
}

/** The answer of `GET /ui/blocked`: newest first. */
export interface BlockedIdentities {
  blocked: BlockedIdentity[]
  nextCursor: string | null
  total: number
}

/** The body of `POST /ui/blocked/lift`: who may come back. */
export const LiftBlock = z
  .object({ email: Email.nullish(), username: Username.nullish() })
  .refine(({ email, username }) => Boolean(email) !== Boolean(username), 'Give either email or username')
export type LiftBlock = z.infer<typeof LiftBlock>
