/** Trying the connection to the directory. Browser-safe. */
import { z } from 'zod'
import type { DirectoryState } from '#server/ldap/account-state'
import type { Role } from '#server/permissions'

const CONTROL = /\p{Cc}/u

/** The body of the route that tests: whom to look up, if anybody. */
export const DirectoryTestInput = z.object({
  username: z
    .string()
    .trim()
    .max(256, 'At most 256 characters')
    .refine((name) => !CONTROL.test(name), 'A name holds no control characters')
    .nullish(),
})

/** One thing that was tried with a host. */
export interface TestStep {
  step: 'reach' | 'tls' | 'bind' | 'search'
  /** Null: not tried, because something before it failed or the settings do not ask for it. */
  ok: boolean | null
  /** What it came to; with a failure also what to do. */
  sentence: string
}

/** Somebody in the directory, and what would come of signing in. */
export interface LookedUp {
  dn: string
  email: string | null
  displayName: string | null
  uniqueId: string | null
  /** What keeps the account from being used, by its entry. */
  state: DirectoryState | null
  groups: string[]
  /** Groups that are left out of `groups` because they are so many. */
  moreGroups: number
  /** The role that would follow, and the mapping it comes from. */
  role: Role | null
  mapping: string | null
  /** Why signing in would be refused, whatever the password; empty when nothing stands against it. */
  obstacles: string[]
}

/** What came of a lookup: nobody, several people, or one. */
export type Lookup = { found: 'nobody' | 'several' } | ({ found: 'one' } & LookedUp)

export interface HostTest {
  host: string
  milliseconds: number
  steps: TestStep[]
  /** Null when nobody was looked for, or it did not come to that. */
  lookup: Lookup | null
}

/** The answer of the test: each host of the settings, in their order. */
export interface DirectoryTest {
  username: string | null
  hosts: HostTest[]
}
