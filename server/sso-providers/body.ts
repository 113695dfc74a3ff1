/** The bodies of the routes below /ui/sign-in: shapes and sizes. What they mean is judged by server/oidc/rules. */
import { z } from 'zod'
import { ROLES } from '#server/permissions'
import { MAX_PROVIDERS, STORED_TOKEN_AUTH } from '#server/sso-providers/model'
import { isStorable } from '#server/text'

const text = (max: number) =>
  z
    .string()
    .refine(isStorable, 'The text contains a character that cannot be stored')
    .trim()
    .max(max, `At most ${max} characters`)
const required = (max: number, sentence: string) => text(max).refine((value) => value !== '', sentence)
const path = text(500)
  .nullable()
  .transform((value) => value || null)
const list = z.array(text(200).min(1)).max(100, 'At most 100')

/** Its part of every address. */
export const ProviderName = z
  .string()
  .trim()
  .regex(/^[a-z0-9_]{1,40}$/, 'Use small letters, digits and underscores, at most 40 of them')

const shape = {
  clientId: required(500, 'The client id must not be empty'),
  discoveryUrl: required(2000, 'The discovery address must not be empty'),
  tokenAuth: z.enum(STORED_TOKEN_AUTH),
  pkce: z.boolean().nullable(),
  scopes: list,
  allowSignUp: z.boolean(),
  autoLogin: z.boolean(),
  emailPath: required(500, 'The path to the e-mail address must not be empty; the usual one is email'),
  groupsPath: path,
  allowedGroups: list,
  rolePath: path,
  roleMapping: z
    .array(
      z
        .tuple([text(200).min(1), z.enum(ROLES)])
        .transform((pair): readonly [string, (typeof ROLES)[number]] => pair),
    )
    .max(100, 'At most 100'),
  roleStrict: z.boolean(),
  roleResync: z.boolean(),
  defaultRole: z.enum(['MEMBER', 'VIEWER']),
  logoutAtProvider: z.boolean(),
}

/** What lies in the database as JSON. */
export const StoredSettings = z.object(shape)

/** The body of `PUT /ui/sign-in/providers/{name}`. */
export const ProviderInput = z.object({
  ...shape,
  displayName: required(100, 'The name on the button must not be empty'),
  // Blanks at the ends are never part of a secret that somebody pastes.
  clientSecret: text(2000).nullish(),
  enabled: z.boolean(),
  /** When a form was filled from what there was then; somebody may have changed it since. */
  updatedAt: z.string().nullish(),
})
export type ProviderInput = z.infer<typeof ProviderInput>

/** The body of `POST /ui/sign-in/providers`. */
export const NewProvider = ProviderInput.extend({ name: ProviderName })
export type NewProvider = z.infer<typeof NewProvider>

/** The body of `PATCH /ui/sign-in/providers/{name}`. */
export const ProviderSwitch = z.object({
  enabled: z.boolean(),
  /** When it is turned off: whether what began there ends too. */
  endSessions: z.boolean().default(false),
})
export type ProviderSwitch = z.infer<typeof ProviderSwitch>

/** The body of `PUT /ui/sign-in/order`: the stored providers by name, the first button first. */
export const ProviderOrder = z.object({ names: z.array(ProviderName).max(MAX_PROVIDERS) })

/** The body of `POST /ui/sign-in/test`: one that there is, or what a form holds. */
export const ProviderTest = z.union([z.object({ name: ProviderName }), z.object({ provider: NewProvider })])
export type ProviderTest = z.infer<typeof ProviderTest>

/** The query of `DELETE /ui/sign-in/providers/{name}`. */
export const ProviderRemoval = z.object({ end_sessions: z.stringbool().default(false) })
export type ProviderRemoval = z.infer<typeof ProviderRemoval>
