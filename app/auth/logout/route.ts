import { authRoute } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { clearCookies, SESSION_COOKIES, sentTokens } from '#app/_lib/session-response'
import { OAUTH_NONCE_COOKIE, OAUTH_STATE_COOKIE } from '#server/auth/cookies'
import { signOut } from '#server/auth/renew'
import { takeFromLimit } from '#server/limits/limits'
import { originOf } from '#server/oidc/addresses'
import { findSentOrigin, planLogout } from '#server/oidc/logout'
import { withRoot } from '#server/root-path'

export const GET = authRoute({
  can: 'public',
  run: async ({ ctx, request }) => {
    await takeFromLimit(ctx, 'logout')
    const sent = sentTokens(request)
    const began = await findSentOrigin(ctx, sent)
    await signOut(ctx, sent)
    return planLogout(ctx, began, originOf(request.headers))
  },
  write: ({ landing, atProvider }, { ctx, request }) => {
    const headers = new Headers({
      location: atProvider ?? withRoot(ctx.config, landing),
      // Cookies and storage belong to whatever else is served from this host as well.
      'clear-site-data': '"cache"',
      'cache-control': 'no-store',
    })
    clearCookies(headers, ctx.config, request, [...SESSION_COOKIES, OAUTH_STATE_COOKIE, OAUTH_NONCE_COOKIE])
    return new Response(null, { status: 302, headers })
  },
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
