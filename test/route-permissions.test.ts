import { expect, test } from 'vitest'
import type { RouteHandler } from '#server/http'
import { can, PERMISSIONS, ROLES } from '#server/permissions'
import { ROUTE_PERMISSIONS } from './route-permissions'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

type Handler = RouteHandler | (() => Response | Promise<Response>)

/** Every route file of the application with what it exports. */
const files = import.meta.glob<Record<string, unknown>>('../app/**/route.{ts,tsx}')

/** What the program really does, in the words of the table. */
async function readRoutes(): Promise<Record<string, Record<string, string>>> {
  const routes: Record<string, Record<string, string>> = {}
  for (const [file, load] of Object.entries(files)) {
    const methods: Record<string, string> = {}
    for (const [name, value] of Object.entries(await load())) {
      const word = METHODS.includes(name) ? await wordFor(value as Handler) : null
      if (word) methods[name] = word
    }
    routes[pathOf(file)] = methods
  }
  return routes
}

// Groups such as `(main)` are folders only, not part of the path.
const pathOf = (file: string) =>
  file
    .replace(/^\.\.\/app/, '')
    .replace(/\/route\.tsx?$/, '')
    .replace(/\/\([^)]+\)/g, '')

async function wordFor(handler: Handler): Promise<string | null> {
  if ('definition' in handler) return handler.definition.can
  const status = await statusWithoutRequest(handler)
  if (status === 405) return null
  if (status === 404) return 'nothing here'
  return status === 200 ? 'everybody' : 'own check'
}

/** A handler that answers without ever seeing a request cannot look at its credential. */
async function statusWithoutRequest(handler: () => Response | Promise<Response>): Promise<number | null> {
  try {
    return (await handler()).status
  } catch {
    return null
  }
}

test('every method of every route asks for the permission that the table names', async () => {
  expect(await readRoutes()).toEqual(ROUTE_PERMISSIONS)
})

test('every action of the permission table is asked for by some route', async () => {
  const asked = new Set(Object.values(ROUTE_PERMISSIONS).flatMap((methods) => Object.values(methods)))
  // Asked for by OTLP over HTTP and gRPC, not by a route.
  asked.add('trace.ingest')
  // Asked for by an operation of GraphQL.
  asked.add('secret.reveal')
  expect(Object.keys(PERMISSIONS).filter((action) => !asked.has(action))).toEqual([])
})

test('a route that changes something never asks for a permission to read', async () => {
  for (const [path, methods] of Object.entries(ROUTE_PERMISSIONS)) {
    for (const [method, word] of Object.entries(methods)) {
      const need = PERMISSIONS[word as keyof typeof PERMISSIONS]?.need
      // Queries come in bodies; what changes something asks once more.
      if (word === 'graphql.use') continue
      if (need) expect(need === 'read', `${method} ${path}`).toBe(method === 'GET' || method === 'HEAD')
    }
  }
})

test('a key that was made for sending spans passes no route but that of spans', () => {
  for (const methods of Object.values(ROUTE_PERMISSIONS)) {
    for (const word of Object.values(methods)) {
      if (!(word in PERMISSIONS) || word === 'trace.ingest') continue
      const action = word as keyof typeof PERMISSIONS
      for (const role of ROLES) {
        const actor = { kind: 'systemKey' as const, userId: 1, keyId: 1, role, scope: 'ingest' as const }
        expect(can(actor, action), word).toBe(false)
      }
    }
  }
})
