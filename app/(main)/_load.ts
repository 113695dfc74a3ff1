/** How pages load: a missing thing is the 404 page, any other failure the error page with the request's id. */
import { notFound } from 'next/navigation'
import { noteDenied } from '#server/audit/denied'
import type { Ctx } from '#server/context'
import { isAppError } from '#server/errors'
import { type Action, can } from '#server/permissions'

/** Shows the 404 page unless the actor may do the action: what is not for somebody is not there. The try is on record. */
export function requirePermission(ctx: Ctx, action: Action): void {
  if (can(ctx.actor, action)) return
  noteDenied(ctx, action)
  notFound()
}

/** A part of the address as it was meant, or as it stands when it is no proper encoding. */
export function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Awaits what a page needs; failures are logged once, with the request id, which also goes to the page. */
export async function loadPage<T>(ctx: Ctx, loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (error) {
    if (isAppError(error) && (error.kind === 'not_found' || error.kind === 'invalid')) notFound()
    ctx.log.error({ err: error }, 'a page could not be made')
    // The framework passes a digest on to the error page, and nothing else of an error.
    throw Object.assign(new Error('a page could not be made'), { digest: ctx.request.requestId })
  }
}
