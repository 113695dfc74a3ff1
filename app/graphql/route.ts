import { contextOf, route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { clearCookies, SESSION_COOKIES } from '#app/_lib/session-response'
import { explorerPage, GRAPHQL_PATH, leadToLogin } from '#server/graphql/page'
import { answerGraphql, GraphqlBody } from '#server/graphql/serve'
import { withRoot } from '#server/root-path'
import { getRuntime } from '#server/runtime'

const explorer = route({
  can: 'graphql.use',
  run: async ({ ctx }) => ctx.config,
  write: explorerPage,
})

/** Scripts use it to learn whether a session is alive: 200 or 401. A browser is led to where that can be settled. */
export const GET = Object.assign(
  async (...[request, context]: Parameters<typeof explorer>): Promise<Response> => {
    const response = await explorer(request, context)
    if (!request.headers.get('accept')?.includes('text/html')) return response
    const { config } = getRuntime()
    if (response.status === 401) return leadToLogin(config, response)
    if (response.headers.get('x-error-code') !== 'password_reset_required') return response
    const page = `/reset-password?returnUrl=${encodeURIComponent(GRAPHQL_PATH)}`
    return new Response(null, { status: 302, headers: { location: withRoot(config, page) } })
  },
  { definition: explorer.definition },
)

export const POST = route({
  can: 'graphql.use',
  body: GraphqlBody,
  run: ({ ctx, body, request }) => answerGraphql(ctx, body, () => contextOf(request)),
  write: ({ json, clearsCookies }, { ctx, request }) => {
    const headers = new Headers({
      'content-type': 'application/json; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    if (clearsCookies) clearCookies(headers, ctx.config, request, SESSION_COOKIES)
    return new Response(json, { headers })
  },
})

export const { PUT, PATCH, DELETE } = otherMethods('GET', 'POST')
