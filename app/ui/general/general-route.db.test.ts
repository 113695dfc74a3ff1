import { beforeAll, describe, expect, test } from 'vitest'
import { GET } from '#app/ui/general/route'
import { setPorts } from '#server/process/ports'
import { call } from '../../../test/call'
import { createPrincipals, type Principals } from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime()
  who = await createPrincipals(runtime)
})

describe('GET /ui/general', () => {
  const ask = (as: keyof Principals) => call(GET, { headers: who[as].headers })

  test('is for sessions alone', async () => {
    expect((await ask('anonymous')).status).toBe(401)
    expect((await ask('user key ADMIN full')).status).toBe(403)
    expect((await ask('system key ADMIN full')).status).toBe(403)
    expect((await ask('session VIEWER')).status).toBe(200)
  })

  test('tells what the server is and what its database takes', async () => {
    const { json } = await ask('session VIEWER')
    expect(json).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      announcedVersion: '20.3.0',
      database: { engine: runtime.db.dialect.name, sizeBytes: expect.any(Number) },
      authEnabled: true,
      basicAuth: true,
      rootUrl: null,
      ports: { web: 6006, grpc: 4317, otlpHttp: null, metrics: null },
      uptimeSeconds: expect.any(Number),
      managementUrl: null,
    })
    expect(json.database.sizeBytes).toBeGreaterThan(50_000)
  })

  test('tells the ports that the supervisor knows of, and none where nothing listens', async () => {
    setPorts({ web: 8080, grpc: null, otlpHttp: 4318, metrics: 9090 })
    expect((await ask('session VIEWER')).json.ports).toEqual({
      web: 8080,
      grpc: null,
      otlpHttp: 4318,
      metrics: 9090,
    })
  })

  test('says where the database is to admins only', async () => {
    expect((await ask('session MEMBER')).json.database.describe).toBeNull()
    expect((await ask('session ADMIN')).json.database.describe).toMatch(/test\.db$|postgresql:/)
  })
})
