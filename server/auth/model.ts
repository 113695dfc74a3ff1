/** What pages and forms need to know about signing in. Browser-safe. */

import type { PublicConfig as SettingsForPages } from '#server/config/model'

/** What a page may know of the configuration, and of how it was reached. */
export interface PublicConfig extends SettingsForPages {
  /** True when cookies are marked Secure but this page came by plain http, so that no sign-in can stick. */
  cookiesCannotStick: boolean
}

/**
 * Where to go after signing in: the given path when it is one of ours, else home. Another site's address, in whatever
 * disguise (`//host`, `/\host`, a tab inside), is nothing of ours.
 */
export function safeReturnPath(text: string | null | undefined): string {
  if (!text?.startsWith('/') || text.length > 2000) return '/'
  const base = 'http://here.invalid'
  if (!URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search + url.hash
}
