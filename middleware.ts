/**
 * A courtesy in front of the pages: the signed-out are sent to the login page, and every page gets a content security
 * policy with a nonce of its own. The lock is in the pages and routes themselves.
 */
import { type NextRequest, NextResponse } from 'next/server'
import { withRoot } from '#server/root-path'
import { getRuntime } from '#server/runtime'

export const config = {
  runtime: 'nodejs',
  // Machine paths stay out: their bodies are streams, and buffering here would cut them at 10 MB.
  matcher: [
    '/((?!(?:v1|api|auth|oauth2|ui|graphql|_next/static|healthz|readyz|arize_phoenix_version)(?:/|$)|openapi\\.json$).*)',
  ],
}

/** Pages for people who are not signed in. */
const OPEN_PAGES = /^\/(login|logout|reset-password|reset-password-with-token|forgot-password)(\/|$)/

/** Its address holds a token, which no other address is to hear of. */
const TOKEN_PAGE = /^\/reset-password-with-token(\/|$)/

export default function middleware(request: NextRequest): NextResponse {
  if (mustSignIn(request)) return NextResponse.redirect(loginAddress(request), 302)
  const policy = contentSecurityPolicy(crypto.randomUUID().replaceAll('-', ''))
  const headers = new Headers(request.headers)
  // Next reads the nonce from here and puts it on every script it writes.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  if (TOKEN_PAGE.test(request.nextUrl.pathname)) response.headers.set('referrer-policy', 'no-referrer')
  return response
}

/** Neither cookie there: nobody to be. A page judges cookies that are there by itself. */
function mustSignIn({ cookies, nextUrl, method }: NextRequest): boolean {
  if (!getRuntime().config.auth.enabled || method !== 'GET') return false
  if (OPEN_PAGES.test(nextUrl.pathname)) return false
  return !cookies.has('phoenix-access-token') && !cookies.has('phoenix-refresh-token')
}

/** Next gives `pathname` without the path prefix. */
function loginAddress({ nextUrl }: NextRequest): URL {
  const back = nextUrl.clone()
  // The router's own parameter, sent when it fetches a page in the background.
  back.searchParams.delete('_rsc')
  const login = new URL(withRoot(getRuntime().config, '/login'), nextUrl.origin)
  if (back.pathname !== '/') login.searchParams.set('returnUrl', back.pathname + back.search)
  return login
}

function contentSecurityPolicy(nonce: string): string {
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
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
