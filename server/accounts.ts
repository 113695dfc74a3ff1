/** The accounts that every installation has, by what never changes about them: their addresses. */

export const SYSTEM_EMAIL = 'system@localhost'
export const DEFAULT_ADMIN_EMAIL = 'admin@localhost'
export const BUILT_IN_EMAILS: readonly string[] = [SYSTEM_EMAIL, DEFAULT_ADMIN_EMAIL]

const RESERVED_NAMES = ['system', 'admin']

/** Whether a name belongs to the built-in accounts, so that nobody else can pass for them. Capitals do not help. */
export function isReservedName(username: string): boolean {
  return RESERVED_NAMES.includes(username.normalize('NFKC').trim().toLowerCase())
}

/** Whether this is the account that the first start makes. It keeps its role and is never deleted. */
export function isDefaultAdmin(user: { email: string | null }): boolean {
  return user.email?.toLowerCase() === DEFAULT_ADMIN_EMAIL
}
