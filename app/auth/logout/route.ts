import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { clearCookies, SESSION_COOKIES, sentTokens } from '#app/_lib/session-response'
import { OAUTH_NONCE_COOKIE, OAUTH_STATE_COOKIE } from '#server/auth/cookies'
import { signOut } from '#server/auth/renew'
import { takeFromLimit } from '#server/limits/limits'
import { withRoot } from '#server/root-path'

export const GET = authRoute({
  can: 'public',
  run: async ({ ctx, request }) => {
    await takeFromLimit(ctx, 'logout')
    return signOut(ctx, sentTokens(request))
  },
  write: (_result, { ctx, request }) => {
    const headers = new Headers({
      location: withRoot(ctx.config, '/login'),
      // Cookies and storage belong to whatever else is served from this host as well.
      'clear-site-data': '"cache"',
      'cache-control': 'no-store',
    })
    clearCookies(headers, ctx.config, request, [...SESSION_COOKIES, OAUTH_STATE_COOKIE, OAUTH_NONCE_COOKIE])
    return new Response(null, { status: 302, headers })
  },
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
