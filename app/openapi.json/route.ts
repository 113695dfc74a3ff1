import { otherMethods } from '#app/_lib/other-methods'
import { ANNOUNCED_VERSION } from '#server/build-info'
import { buildOpenApi } from '#server/openapi'
import { rootPath } from '../../components/root-path'
import { ROUTES } from './routes'

let document: unknown

/** The description of the REST interface; for everybody, since it tells nothing of what is stored. */
export function GET(): Response {
  document ??= buildOpenApi(ROUTES, ANNOUNCED_VERSION, rootPath())
  return Response.json(document)
}

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
