/** The OpenAPI document of the REST interface, made from the declarations that the routes themselves run on. */
import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import type { AnyRouteDefinition } from '#server/http'

/** The exports of a route file, and the path it answers with `{parameter}` segments. */
export interface RouteModule {
  path: string
  module: Record<string, unknown>
}

/** One method of one path, with its declaration. */
export interface Operation {
  method: string
  path: string
  definition: AnyRouteDefinition
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every method that the modules declare; handlers without a declaration only refuse, and are left out. */
export function listOperations(modules: readonly RouteModule[]): Operation[] {
  return modules.flatMap(({ path, module }) =>
    METHODS.flatMap((method) => {
      const definition = definitionOf(module[method])
      return definition ? [{ method, path, definition }] : []
    }),
  )
}

function definitionOf(handler: unknown): AnyRouteDefinition | null {
  if (typeof handler !== 'function' || !('definition' in handler)) return null
  return handler.definition as AnyRouteDefinition
}

/**
 * Builds the document; routes without a summary are left out.
 * @param rootPath the path prefix that clients put before the paths (OpenAPI 3.1, 4.8.5)
 */
export function buildOpenApi(modules: readonly RouteModule[], version: string, rootPath = ''): unknown {
  const paths: ZodOpenApiPathsObject = {}
  for (const { method, path, definition } of listOperations(modules)) {
    if (!definition.summary) continue
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(path, definition) }
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: { title: 'Bennu', version, description: 'REST interface: projects, spans, accounts and API keys.' },
    servers: [{ url: rootPath || '/' }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
  return createDocument(document)
}

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } })

/** What a 422 says about the form of a request; a value that only makes no sense is answered with a sentence. */
const Faults = z
  .object({
    detail: z.array(
      z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.int()])), msg: z.string() }),
    ),
  })
  .meta({ id: 'HTTPValidationError' })

function describeOperation(path: string, definition: AnyRouteDefinition): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const pathSchema = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
  const { query, body, summary = '' } = definition
  return {
    summary,
    tags: [path.split('/')[2] ?? ''],
    ...(definition.can === 'public' ? {} : { security: [{ bearer: [] }] }),
    requestParams: {
      ...(names.length > 0 ? { path: pathSchema } : {}),
      ...(query ? { query: query as unknown as z.ZodObject } : {}),
    },
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: { ...success(definition), ...failures(definition, names.length > 0) },
  }
}

function success({ status = 200, response }: AnyRouteDefinition) {
  const content = response ? { content: { 'application/json': { schema: response } } } : {}
  return { [String(status)]: { description: status === 204 ? 'Done' : 'Success', ...content } }
}

function failures(definition: AnyRouteDefinition, hasPath: boolean) {
  const { can, query, body } = definition
  return {
    ...(can === 'public' ? {} : { '401': text('No valid credential'), '403': text('Not allowed') }),
    ...(hasPath ? { '404': text('Not there') } : {}),
    ...(query || body || hasPath
      ? {
          '422': {
            description: 'Refused: faults by place, or a sentence',
            content: { 'application/json': { schema: Faults }, 'text/plain': { schema: z.string() } },
          },
        }
      : {}),
  }
}
