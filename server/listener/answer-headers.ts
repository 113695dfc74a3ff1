/** The headers that every answer carries, static files and errors included. */
import type { ServerResponse } from 'node:http'
import { ANNOUNCED_VERSION } from '#server/build-info'
import type { Config } from '#server/config/model'
import { NOT_A_PAGE } from '#server/top-level-paths'

/** Parts of a browser that no page of ours asks for. The clipboard is one that some do. */
const NOTHING_ELSE =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), ' +
  'midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()'

/**
 * Sets the common headers before anybody answers; handlers may override them. Where there is no page nothing may load or
 * run anything. Pages get their policy from middleware.ts, and the explorer at `/graphql` brings its own.
 * @param hasPages whether there are pages at all
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
  response.setHeader('permissions-policy', NOTHING_ELSE)
  // A page of another site that opened ours, or that ours opened, gets no hold of it; nor may it embed what is here.
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  if (!hasPages || NOT_A_PAGE.test(url)) {
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  }
  if (config.server.rootUrl?.startsWith('https:')) {
    response.setHeader('strict-transport-security', 'max-age=31536000')
  }
}
