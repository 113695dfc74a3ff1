/** One's own account as forms and clients change it. Browser-safe. */
import { z } from 'zod'

const MAX_USERNAME = 255
const isStorable = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text)

/** A name people sign in and show up with: any text that is not blank. */
export const Username = z
  .string()
  .trim()
  .min(1, 'The name must not be empty')
  .max(MAX_USERNAME, `At most ${MAX_USERNAME} characters`)
  .refine(isStorable, 'The name contains a character that cannot be stored')

/** The body of `PATCH /v1/user`. What is left out or null stays as it is. */
export const ProfileChange = z.object({
  user: z.object({
    username: Username.nullish(),
    password: z.string().nullish(),
    /** Needed to change the password. */
    current_password: z.string().nullish(),
  }),
})
export type ProfileChange = z.infer<typeof ProfileChange>
