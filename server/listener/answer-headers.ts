/** The headers that every answer carries, static files and errors included. */
import type { ServerResponse } from 'node:http'
import { ANNOUNCED_VERSION } from '#server/build-info'
import type { Config } from '#server/config/model'

/** Answers that are no pages: nothing in them may load or run anything. Pages get theirs from middleware.ts. */
const NOT_A_PAGE =
  /^\/(v1|api|auth|oauth2|ui|_next|openapi\.json|healthz|readyz|arize_phoenix_version)(?=[/?]|$)/

/**
 * Sets the common headers before anybody answers; handlers may override them.
 * @param hasPages whether other addresses than those above are pages
 */
export function setAnswerHeaders(
  response: ServerResponse,
  url: string,
  requestId: string,
  config: Config,
  hasPages: boolean,
): void {
  response.setHeader('x-request-id', requestId)
  response.setHeader('x-phoenix-server-version', ANNOUNCED_VERSION)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'same-origin')
  if (!hasPages || NOT_A_PAGE.test(url)) {
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  }
  if (config.server.rootUrl?.startsWith('https:')) {
    response.setHeader('strict-transport-security', 'max-age=31536000')
  }
}
