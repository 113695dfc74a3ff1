/** Addresses of accounts. */

/** The page of an account. `id` is its GlobalID. */
export const userPath = (id: string): string => `/settings/users/${encodeURIComponent(id)}`
