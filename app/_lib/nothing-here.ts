import { AppError } from '#server/errors'
import { errorResponse } from '#server/http'

/** The answer to a path below a machine's prefix that does not exist: text, never a page. */
export function nothingHere(): Response {
  return errorResponse(new AppError('not_found', 'Not Found'), undefined)
}
