/** Secrets that people leave with this server, as forms and clients send them and pages list them. Browser-safe. */
import { z } from 'zod'

/** The longest name. */
export const MAX_KEY_LENGTH = 255
/** As many as one server keeps, and as one request may change. */
export const MAX_SECRETS = 1000

/** A name as an environment variable would have it. */
export const SecretKey = z
  .string()
  .trim()
  .min(1, 'The name must not be empty')
  .max(MAX_KEY_LENGTH, `At most ${MAX_KEY_LENGTH} characters`)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'Use letters, digits and underscores, and begin with a letter or an underscore',
  )

/** What is to be kept; blanks around it are not part of it. */
export const SecretValue = z.string().trim().min(1, 'The value must not be empty')

/** The body of `PUT /v1/secrets`. A value of null deletes; of entries with one name the last counts. */
export const SecretChanges = z.object({
  secrets: z
    .array(z.object({ key: SecretKey, value: SecretValue.nullable() }))
    .min(1, 'Name at least one secret')
    .max(MAX_SECRETS, `At most ${MAX_SECRETS} secrets at a time`),
})
export type SecretChanges = z.infer<typeof SecretChanges>

/** What `PUT /v1/secrets` did. */
export const SecretsChanged = z.object({
  upserted_keys: z.array(z.string()),
  deleted_keys: z.array(z.string()),
})
export type SecretsChanged = z.infer<typeof SecretsChanged>

/** A secret in the list. Its value is never shown again. */
export interface SecretSummary {
  key: string
  /** `unreadable`: no configured secret opens it, or somebody has changed it in the database. */
  state: 'set' | 'unreadable'
  /** ISO 8601. */
  createdAt: string
  updatedAt: string
  /** Null for nobody with an account, or one that is gone. */
  updatedBy: { username: string } | null
}

/** The answer of `GET /ui/secrets`, by name. */
export interface SecretList {
  secrets: SecretSummary[]
  /** Whether anything can be stored: there is a PHOENIX_SECRET. */
  canStore: boolean
}
