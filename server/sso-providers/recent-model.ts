/** What the last sign-ins through a provider brought, as the page for admins shows it. No imports but types, browser-safe. */
import type { SignInOutcome } from '#server/db/schema'

/** Sign-ins that are kept of one provider, and for how many days. */
export const KEPT_SIGN_INS = 20
export const KEPT_DAYS = 7

/** Which rule decided a role or a refusal. */
export interface SignInDecision {
  /** One word for machines: see `RULE_WORDS` in components/sign-in/words.ts. */
  rule: string
  /** The role that followed; null for a refusal. */
  role?: string | null
  /** What decided: the value of the role claim, or a group. Shortened. */
  from?: string | null
  /** A sentence more, for an admin. No secret. */
  note?: string | null
}

/** A value of a claim, shortened: texts, numbers, and lists and objects of them. */
export type ShortValue = string | number | boolean | null | ShortValue[] | { [name: string]: ShortValue }

/** One sign-in in the list, newest first. */
export interface RecentSignIn {
  id: number
  /** ISO 8601. */
  at: string
  outcome: SignInOutcome
  /** The code the login page was given; null for a success. */
  code: string | null
  /** Null for somebody without an account. */
  user: { id: string; username: string } | null
  claims: { [name: string]: ShortValue }
  decision: SignInDecision
}

/** The answer of `GET /ui/sign-in/recent/{name}`. */
export interface RecentSignIns {
  provider: { name: string; displayName: string }
  signIns: RecentSignIn[]
}
