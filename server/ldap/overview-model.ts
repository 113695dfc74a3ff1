/** How the directory is set up and what happened with it lately, as pages see it. Browser-safe. */
import { z } from 'zod'
import type { LdapConfig } from '#server/config/model'
import type { SyncReport } from '#server/ldap/sync-model'
import type { Role } from '#server/permissions'

/** Somebody who was refused. */
export interface DirectoryRefusal {
  /** ISO 8601. */
  at: string
  /** What was typed; null once it was erased or where it looked like a password. */
  name: string | null
  /** One word for machines: REASON_WORDS has the others. */
  reason: string
  /** The host of the directory that answered; null where none did. */
  host: string | null
  /** What was wrong with the directory, where that was the reason. */
  trouble: string | null
  address: string | null
}

/** The last comparison of accounts with the directory. */
export interface SyncSummary {
  /** Minutes between two of them; 0 for never. */
  everyMinutes: number
  /** Whether there is a service account, without which nobody is compared. */
  hasAccount: boolean
  isRunning: boolean
  /** ISO 8601; null before the first. */
  startedAt: string | null
  finishedAt: string | null
  report: SyncReport | null
}

/** The settings, without secrets. */
export interface DirectorySettings {
  hosts: readonly string[]
  port: number
  tls: LdapConfig['tls']['mode']
  verifies: boolean
  hasOwnAuthority: boolean
  hasClientCertificate: boolean
  /** The account that searches; null for nobody. */
  bindDn: string | null
  userBases: readonly string[]
  userFilter: string
  attributes: LdapConfig['attributes']
  groupSearch: LdapConfig['groupSearch']
  mappings: readonly { group: string; role: Role }[]
  allowSignUp: boolean
  maxConcurrent: number
}

/** The answer of `GET /ui/sign-in/ldap`; null while no directory is set up. */
export interface DirectoryOverview {
  directory: {
    settings: DirectorySettings
    sync: SyncSummary
    /** The newest first. */
    refusals: DirectoryRefusal[]
  } | null
}

/** The body of `POST /ui/sign-in/ldap/sync`. */
export const CompareInput = z.object({
  /** So many accounts may be disabled although they are many: the number that was shown. */
  at_most: z.number().int().min(1).max(1_000_000).nullish(),
})
