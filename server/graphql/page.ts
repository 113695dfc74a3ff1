/** The document around the explorer: GraphiQL, served by ourselves, under a policy of its own. */
import { randomBytes } from 'node:crypto'
import type { Config } from '#server/config/model'
import { withRoot } from '#server/root-path'

/** Where the page is, and what it asks. */
export const GRAPHQL_PATH = '/graphql'

/** The page with the explorer, for whoever may ask. */
export function explorerPage(config: Config): Response {
  const nonce = randomBytes(16).toString('hex')
  const address = (path: string) => withRoot(config, `${GRAPHQL_PATH}${path}`)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GraphQL · Bennu</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${address('/explorer.css')}">
<style>html, body, #explorer { height: 100%; margin: 0 }</style>
</head>
<body>
<main id="explorer" data-root="${withRoot(config, '')}"></main>
<script nonce="${nonce}" src="${address('/explorer.js')}"></script>
</body>
</html>
`
  return answer(html, 200, [`script-src 'nonce-${nonce}'`, "style-src 'self' 'unsafe-inline'"])
}

/** 401 that leads a browser to the sign-in and back, while a script sees that it is nobody. */
export function leadToLogin(config: Config, refusal: Response): Response {
  const login = withRoot(config, `/login?returnUrl=${encodeURIComponent(GRAPHQL_PATH)}`)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Sign in · Bennu</title>
<meta http-equiv="refresh" content="0; url=${login}">
</head>
<body><p><a href="${login}">Sign in</a> to send queries.</p></body>
</html>
`
  const response = answer(html, refusal.status, ["style-src 'unsafe-inline'"])
  for (const [name, value] of refusal.headers) if (name !== 'content-type') response.headers.set(name, value)
  return response
}

function answer(html: string, status: number, policy: string[]): Response {
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        ...policy,
      ].join('; '),
    },
  })
}
