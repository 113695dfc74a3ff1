/** What server components start from: who asks, or a redirect to where that can be settled. */
import 'server-only'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { cookiesAreSecure } from '#server/auth/cookies'
import { type PublicConfig, safeReturnPath } from '#server/auth/model'
import { publicConfig as settingsForPages } from '#server/config'
import type { Ctx } from '#server/context'
import { getRuntime } from '#server/runtime'
import { contextFrom, isHttps } from './handle'

/**
 * The context of a page. Redirects to `/login` when nobody is signed in and to `/reset-password` when the password
 * must be changed first, both with the way back in `returnUrl`.
 * @param path the page's own path; by default that of the request
 */
export async function pageContext(path?: string): Promise<Ctx> {
  const ctx = await signedInContext(path)
  const { actor } = ctx
  // Pages insist whatever BENNU_FORCED_RESET says: that variable is about the rest of the server.
  if (actor.kind === 'session' && actor.mustReset)
    redirectWithReturn('/reset-password', await returnPath(path))
  return ctx
}

/** As `pageContext`, for the page where a due reset is made: a session that must reset may see it. */
export async function signedInContext(path?: string): Promise<Ctx> {
  const ctx = await anyContext()
  if (ctx.actor.kind === 'anonymous') redirectWithReturn('/login', await returnPath(path))
  return ctx
}

/** The context of a page that needs nobody signed in. A page and what stands around it share one: who asks is settled once. */
export const anyContext = cache(
  async (): Promise<Ctx> =>
    contextFrom({ method: 'GET', path: '', headers: new Headers(await headers()), isPage: true }),
)

/** The parts of the configuration that the browser may see, for this request. */
export async function publicConfig(): Promise<PublicConfig> {
  const { config } = getRuntime()
  const sent = new Headers(await headers())
  const https = isHttps(sent)
  return {
    ...settingsForPages(config),
    cookiesCannotStick: cookiesAreSecure(config, https) && !https && !isLoopback(sent.get('host')),
  }
}

// Browsers accept Secure cookies from plain http on these.
function isLoopback(host: string | null): boolean {
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127\./.test(name)
}

async function returnPath(path: string | undefined): Promise<string> {
  const asked = path ?? (await headers()).get('x-bennu-path')
  const url = new URL(safeReturnPath(asked), 'http://here.invalid')
  // The router's own parameter, sent when it fetches a page in the background.
  url.searchParams.delete('_rsc')
  return url.pathname + url.search
}

function redirectWithReturn(page: string, back: string): never {
  redirect(back === '/' ? page : `${page}?returnUrl=${encodeURIComponent(back)}`)
}
