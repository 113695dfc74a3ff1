/** What pages and forms need to know about signing in. Browser-safe. */

import type { PublicConfig as SettingsForPages } from '#server/config/model'

/** What a page may know of the configuration, and of how it was reached. */
export interface PublicConfig extends SettingsForPages {
  /** True when cookies are marked Secure but this page came by plain http, so that no sign-in can stick. */
  cookiesCannotStick: boolean
}

/** Paths for machines: whoever is sent to one sees no page, and `/auth/logout` would end every session. */
const MACHINE_PATH = /^\/(v1|api|auth|oauth2|ui|_next)(\/|$)/i

/**
 * Where to go after signing in: the given path when it is one of our pages, else home. Another site's address, in
 * whatever disguise (`//host`, `/\host`, a tab inside), is nothing of ours.
 */
export function safeReturnPath(text: string | null | undefined): string {
  if (!text?.startsWith('/') || text.length > 2000) return '/'
  const base = 'http://here.invalid'
  if (!URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  if (MACHINE_PATH.test(url.pathname.replace(/\/{2,}/g, '/'))) return '/'
  return url.pathname + url.search + url.hash
}
