/** What we read from the claims of an id token and of the userinfo answer: address, groups, role, name, picture. */
import { findClaim } from '#server/oidc/claim-path'
import type { ProviderSettings } from '#server/oidc/model'
import { ROLES, type Role } from '#server/permissions'
import { isStorable } from '#server/text'
import { sanitizeEmail } from '#server/users/find'

export type ClaimSet = Record<string, unknown>
type Tell = (why: string) => void

const MAX_EMAIL = 320
const MAX_PICTURE = 2000

/** Somebody's address, and whether the provider says that it is not known to be theirs. */
export interface ClaimedEmail {
  address: string
  isUnverified: boolean
}

/** Where claims come from, the id token first: what one has nothing of, the next is asked for. */
export type Sources = readonly ClaimSet[]

/** More words than this of one claim are not looked at. */
const MAX_WORDS = 1000

/** The address in the claims; null when there is none that could be one. */
export function emailOf(settings: ProviderSettings, sources: Sources, tell?: Tell): ClaimedEmail | null {
  for (const claims of sources) {
    const found = findClaim(claims, settings.emailPath, tell)
    const address = typeof found === 'string' ? sanitizeEmail(found) : ''
    if (address.length > MAX_EMAIL || !/^[^\s@]+@[^\s@]+$/.test(address)) continue
    const { email } = claims
    const isOfEmailClaim = typeof email === 'string' && sanitizeEmail(email) === address
    return { address, isUnverified: isOfEmailClaim && isUnverified(claims, sources) }
  }
  return null
}

/** What is said beside the address counts; where nothing is, what the other source says. */
function isUnverified(own: ClaimSet, sources: Sources): boolean {
  const said = [own, ...sources].map((claims) => claims.email_verified).find((word) => word !== undefined)
  return said === false || isFalseWord(said)
}

const isFalseWord = (value: unknown) => typeof value === 'string' && value.trim().toLowerCase() === 'false'

/** The groups in the claims, empty ones left out. */
export function groupsOf(settings: ProviderSettings, sources: Sources, tell?: Tell): string[] {
  return wordsAt(settings.groupsPath, sources, tell)
}

/** The words that may name a role, in their order. */
export function roleWordsOf(settings: ProviderSettings, sources: Sources, tell?: Tell): string[] {
  return wordsAt(settings.rolePath, sources, tell)
}

function wordsAt(path: string | null, sources: Sources, tell?: Tell): string[] {
  if (path === null) return []
  for (const claims of sources) {
    const words = wordsOf(findClaim(claims, path, tell))
    if (words.length > 0) return words
  }
  return []
}

/** One word or a list of them; whatever is neither text, number nor truth value is left out. */
function wordsOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value.slice(0, MAX_WORDS) : [value]
  return items
    .filter((item) => ['string', 'number', 'boolean'].includes(typeof item))
    .map((item) => String(item).trim())
    .filter((word) => word !== '')
}

/** Whether the id token leaves something open that the userinfo endpoint may know. */
export function needsUserinfo(settings: ProviderSettings, claims: Sources): boolean {
  if (emailOf(settings, claims) === null) return true
  if (settings.allowedGroups.length > 0 && groupsOf(settings, claims).length === 0) return true
  return settings.rolePath !== null && roleWordsOf(settings, claims).length === 0
}

/** Which rule decided, and on what. */
export interface Decision {
  rule: 'group-gate' | 'role-mapping' | 'role-claim' | 'no-role-claim' | 'unmapped-role' | 'default-role'
  /** The claim's value or the group that decided; null when nothing was there. */
  from: string | null
  /** Null: refused. */
  admitted: {
    /** For an account that is there; null keeps what it has. */
    role: Role | null
    roleOfNewcomer: Role
  } | null
}

/** Whether the groups let somebody in, and with which role. */
export function decide(settings: ProviderSettings, claims: Sources, tell?: Tell): Decision {
  const refusal = gate(settings, claims, tell)
  if (refusal) return refusal
  if (settings.rolePath === null)
    return {
      rule: 'default-role',
      from: null,
      admitted: { role: null, roleOfNewcomer: settings.defaultRole },
    }
  const words = roleWordsOf(settings, claims, tell)
  const found = firstRole(settings, words)
  const rule = found ? ruleOf(settings) : words.length === 0 ? 'no-role-claim' : 'unmapped-role'
  const from = found?.word ?? words[0] ?? null
  if (!found && settings.roleStrict) return { rule, from, admitted: null }
  const role = found?.role ?? 'VIEWER'
  return { rule, from, admitted: { role: settings.roleResync ? role : null, roleOfNewcomer: role } }
}

function gate(settings: ProviderSettings, claims: Sources, tell?: Tell): Decision | null {
  if (settings.allowedGroups.length === 0) return null
  const groups = groupsOf(settings, claims, tell)
  if (groups.some((group) => settings.allowedGroups.includes(group))) return null
  return { rule: 'group-gate', from: groups[0] ?? null, admitted: null }
}

const ruleOf = ({ roleMapping }: ProviderSettings) => (roleMapping.length > 0 ? 'role-mapping' : 'role-claim')

function firstRole({ roleMapping }: ProviderSettings, words: readonly string[]) {
  for (const word of words) {
    const role =
      roleMapping.length > 0
        ? roleMapping.find(([theirs]) => theirs === word)?.[1]
        : ROLES.find((one) => one === word.toUpperCase())
    if (role) return { word, role }
  }
  return null
}

/** The address of a picture that may be kept; null when there is none. */
export function pictureOf({ picture }: ClaimSet): string | null {
  const isGood =
    typeof picture === 'string' &&
    picture.length <= MAX_PICTURE &&
    isStorable(picture) &&
    /^https?:\/\//i.test(picture) &&
    URL.canParse(picture)
  return isGood ? picture : null
}

/** A claim that is text; null otherwise. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
