import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { GET } from './route'
import { ROUTES } from './routes'

interface Parameter {
  in: string
  name: string
  required?: boolean
}
interface Operation {
  parameters?: Parameter[]
  responses: Record<string, { description: string }>
  requestBody?: unknown
}
type Paths = Record<string, Record<string, Operation>>

const document = await GET().json()
const paths = document.paths as Paths
const APP = fileURLToPath(new URL('..', import.meta.url))

/** Every operation with the names of its parameters. */
const operations = (all: Paths) =>
  Object.entries(all).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  )

describe('the list of routes', () => {
  test('is what the folder has under /v1', () => {
    const files = readdirSync(join(APP, 'v1'), { recursive: true, encoding: 'utf8' })
    const found = files
      .filter((file) => file.endsWith('route.ts') && !file.includes('[[...'))
      .map((file) => `/v1/${relative('.', file).split(sep).slice(0, -1).join('/')}`)
      .map((path) => path.replaceAll('[', '{').replaceAll(']', '}'))
      // OTLP is described by its own standard.
      .filter((path) => path !== '/v1/traces')
    expect(ROUTES.map((route) => route.path).sort()).toEqual(found.sort())
  })
})

describe('the document', () => {
  test('is OpenAPI 3.1 with a title and a version', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({
      title: expect.any(String),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
  })

  test('names every parameter of a path, and each as required', () => {
    for (const { path, operation } of operations(paths)) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      expect(inPath.map((parameter) => parameter.name)).toEqual(names)
      expect(inPath.every((parameter) => parameter.required === true)).toBe(true)
    }
  })

  test('describes at least one success of every operation', () => {
    for (const { operation } of operations(paths)) {
      const statuses = Object.keys(operation.responses)
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true)
      for (const response of Object.values(operation.responses)) {
        expect(response.description).toEqual(expect.any(String))
      }
    }
  })

  test('has every schema that it refers to', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(refs.length).toBeGreaterThan(0)
    for (const [, name] of refs) expect(document.components.schemas).toHaveProperty(name as string)
  })

  test('lists the operations with their query parameters, and no others', () => {
    const spanFilters =
      'attribute cursor end_time limit name parent_id span_id start_time status_code trace_id'
    const queryOf = (operation: Operation) =>
      (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map((parameter) => parameter.name)
        .sort()
        .join(' ')
    const listed = operations(paths).map(({ method, path, operation }) => [
      `${method} ${path}`,
      queryOf(operation),
    ])
    // biome-ignore format: a table
    expect(Object.fromEntries(listed)).toEqual({
      'get /v1/audit': 'action actor address cursor from limit outcome target until',
      'get /v1/audit/export': 'action actor address format from outcome target until',
      'get /v1/audit/{entry_number}': '',
      'get /v1/projects': 'cursor include_dataset_evaluator_projects include_experiment_projects limit name_contains',
      'post /v1/projects': '',
      'get /v1/projects/{project_identifier}': '',
      'put /v1/projects/{project_identifier}': '',
      'delete /v1/projects/{project_identifier}': '',
      'get /v1/projects/{project_identifier}/spans': spanFilters.replace('span_id', 'span_id span_kind'),
      'get /v1/projects/{project_identifier}/spans/otlpv1': spanFilters,
      'put /v1/secrets': '',
      'get /v1/system/api_keys': '',
      'post /v1/system/api_keys': '',
      'delete /v1/system/api_keys/{api_key_id}': '',
      'post /v1/system/api_keys/{api_key_id}/rotate': '',
      'delete /v1/system/api_keys/{api_key_id}/previous': '',
      'get /v1/user': '',
      'patch /v1/user': '',
      'get /v1/user/api_keys': '',
      'post /v1/user/api_keys': '',
      'delete /v1/user/api_keys/{api_key_id}': '',
      'post /v1/user/api_keys/{api_key_id}/rotate': '',
      'delete /v1/user/api_keys/{api_key_id}/previous': '',
      'get /v1/users': 'cursor limit',
      'post /v1/users': '',
      'patch /v1/users/{user_id}': '',
      'delete /v1/users/{user_id}': 'block',
      'get /v1/users/api_keys': 'cursor limit',
    })
  })
})
