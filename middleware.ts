/**
 * A courtesy in front of the pages: the signed-out are sent to the login page, and every page gets a content security
 * policy with a nonce of its own. The lock is in the pages and routes themselves.
 */
import { type NextRequest, NextResponse } from 'next/server'
import { clearedCookies, SIGNED_IN_COOKIE } from '#server/auth/cookies'
import { withRoot } from '#server/root-path'
import { getRuntime } from '#server/runtime'
import { hasStoredProviders } from '#server/sso-providers/stored'

export const config = {
  runtime: 'nodejs',
  // Machine paths stay out: their bodies are streams, and buffering here would cut them at 10 MB.
  // `PAGE_MATCHER` of server/top-level-paths.ts, spelled out because it is read from the source.
  matcher: [
    '/((?!(?:v1|api|auth|oauth2|ui|healthz|readyz|arize_phoenix_version|openapi\\.json|favicon\\.ico|graphql|_next/static)(?:/|$)).*)',
  ],
}

/** Pages for people who are not signed in. */
const OPEN_PAGES = /^\/(login|logout|reset-password|reset-password-with-token|forgot-password)(\/|$)/

/** Its address holds a token, which no other address is to hear of. */
const TOKEN_PAGE = /^\/reset-password-with-token(\/|$)/

/** Here people choose how to sign in. */
const SIGN_IN_PAGES = /^\/(login|logout)(\/|$)/

export default async function middleware(request: NextRequest): Promise<NextResponse> {
  if (isNobody(request) && isLedHere(request)) return reloadPage()
  if (mustSignIn(request)) return NextResponse.redirect(loginAddress(request), 302)
  const policy = contentSecurityPolicy(crypto.randomUUID().replaceAll('-', ''), await formTargets(request))
  const headers = new Headers(request.headers)
  // Next reads the nonce from here and puts it on every script it writes.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  if (TOKEN_PAGE.test(request.nextUrl.pathname)) response.headers.set('referrer-policy', 'no-referrer')
  return response
}

/** Neither cookie there: nobody to be. A page judges cookies that are there by itself. */
function isNobody({ cookies, method, headers }: NextRequest): boolean {
  const { config, ownRequests } = getRuntime()
  if (!config.auth.enabled || method !== 'GET' || ownRequests.includes(headers)) return false
  return !cookies.has('phoenix-access-token') && !cookies.has('phoenix-refresh-token')
}

function mustSignIn(request: NextRequest): boolean {
  return isNobody(request) && !OPEN_PAGES.test(request.nextUrl.pathname)
}

/**
 * Whether a link or a redirect of another site led to this page: an identity provider's after a sign-in, for one. The
 * browser keeps strict cookies back then (RFC 6265bis 5.6.7.1), so that their absence says nothing. On plain http
 * browsers do not tell where a request comes from: there the cookie that a sign-in leaves for half a minute says it.
 */
function isLedHere({ headers, nextUrl, cookies }: NextRequest): boolean {
  const { pathname } = nextUrl
  // Of the open pages only the login page asks whether somebody is signed in.
  if (OPEN_PAGES.test(pathname) && !/^\/login(\/|$)/.test(pathname)) return false
  if (cookies.has(SIGNED_IN_COOKIE)) return true
  return headers.get('sec-fetch-site') === 'cross-site' && headers.get('sec-fetch-mode') === 'navigate'
}

/** A page that asks for itself again, now from our own site: with the cookies, or else on the way to the login page. */
function reloadPage(): NextResponse {
  const page =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>Bennu</title></html>'
  const response = new NextResponse(page, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
  })
  // Once: where cookies do not stick at all, the login page comes next and says so.
  for (const cookie of clearedCookies(getRuntime().config, false, [SIGNED_IN_COOKIE]))
    response.headers.append('set-cookie', cookie)
  return response
}

/**
 * Where forms of the page may lead. A button of an identity provider is a form whose answer is a redirect to the
 * provider, and often from there to another of its hosts that nobody knows beforehand: browsers hold the whole way
 * against the policy. Where there is no provider, forms stay at home.
 */
async function formTargets({ nextUrl }: NextRequest): Promise<string> {
  if (!SIGN_IN_PAGES.test(nextUrl.pathname)) return "'self'"
  const { config, db } = getRuntime()
  const has = config.oauth2.providers.length > 0 || (config.auth.enabled && (await hasProviders(db)))
  return has ? "'self' https: http://localhost:* http://127.0.0.1:*" : "'self'"
}

/** A page without buttons is better than none: it says what is wrong with the database. */
const hasProviders = (db: Parameters<typeof hasStoredProviders>[0]) =>
  hasStoredProviders(db).catch(() => false)

/** Next gives `pathname` without the path prefix. */
function loginAddress({ nextUrl }: NextRequest): URL {
  const back = nextUrl.clone()
  // The router's own parameter, sent when it fetches a page in the background.
  back.searchParams.delete('_rsc')
  const login = new URL(withRoot(getRuntime().config, '/login'), nextUrl.origin)
  if (back.pathname !== '/') login.searchParams.set('returnUrl', back.pathname + back.search)
  return login
}

function contentSecurityPolicy(nonce: string, formTargets: string): string {
  // The compiler's development runtime evaluates code; the built one does not.
  const evaluate = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluate}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    `form-action ${formTargets}`,
    "frame-ancestors 'none'",
  ].join('; ')
}
