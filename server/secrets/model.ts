/** Secrets that people leave with this server, as forms and clients send them and pages list them. Browser-safe. */
import { z } from 'zod'
import { keyFault, valueFault } from '#server/secrets/rules-model'

/** As many as one server keeps, and as one request may change. */
export const MAX_SECRETS = 1000

/** Text that a rule finds nothing wrong with; blanks around it are not part of it. */
const ruled = (faultOf: (text: string) => string | null) =>
  z
    .string()
    .trim()
    .superRefine((text, check) => {
      const message = faultOf(text)
      if (message !== null) check.addIssue({ code: 'custom', message })
    })

/** The body of `PUT /v1/secrets`. A value of null deletes; of entries with one name the last counts. */
export const SecretChanges = z.object({
  secrets: z
    .array(z.object({ key: ruled(keyFault), value: ruled(valueFault).nullable() }))
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
