/** A whole runtime on a fresh database, as the main files of the processes make one. */
import { homedir } from 'node:os'
import { pino } from 'pino'
import { OwnRequests } from '#server/auth/own-requests'
import { ensureBuiltInRows } from '#server/built-in-rows'
import type { Config } from '#server/config/model'
import type { IngestClient } from '#server/ingest/client'
import { type Runtime, setRuntime } from '#server/runtime'
import { createTestDatabase, type TestDatabase } from './database'

export const TEST_SECRET = 'test-secret-0123456789-abcdefghijkl'

export interface TestRuntime extends Runtime {
  db: TestDatabase
}

/** A configuration with authentication on and everything else at its default; `overrides` replace whole groups' members. */
export function testConfig(overrides: { [Group in keyof Config]?: Partial<Config[Group]> } = {}): Config {
  const base: Config = {
    server: {
      host: '127.0.0.1',
      port: 6006,
      grpcPort: 4317,
      otlpHttp: { port: 0, chosen: false },
      rootPath: '',
      rootUrl: null,
      managementUrl: null,
      workingDir: homedir(),
      forwardedAllowIps: ['127.0.0.1', '::1'],
    },
    tls: null,
    log: { level: 'info', structured: false },
    metrics: { enabled: false, host: '127.0.0.1', port: 9090, chosen: false },
    database: { dialect: 'sqlite', file: '/nowhere/test.db', inMemory: false },
    auth: {
      enabled: true,
      secret: TEST_SECRET,
      previousSecrets: [],
      adminSecret: null,
      basicAuth: true,
      admins: [],
      defaultAdminInitialPassword: 'admin',
      accessTokenMinutes: 60,
      refreshTokenMinutes: 43_200,
      passwordMinLength: 8,
      strongPasswords: false,
      commonPasswordCheck: true,
      passwordResetMinutes: 15,
      invitationMinutes: 10_080,
      forcedReset: 'server',
      // Tests sign in often, and wrongly; how often one may try is tested where it is asked for.
      lockoutAfter: null,
    },
    oauth2: { providers: [] },
    cookies: { secure: false, path: '/' },
    limits: {
      enabled: false,
      login: { count: 5, windowMs: 60_000 },
      passwordReset: { count: 3, windowMs: 3_600_000 },
      api: [],
    },
    edge: { trustedHosts: null, allowedOrigins: [] },
    mail: null,
    ldap: null,
    ingest: {
      maxQueuedSpans: 20_000,
      maxRequestBytes: 32 * 1024 ** 2,
      maxInflatedBytes: 128 * 1024 ** 2,
      maxInflightBytes: 256 * 1024 ** 2,
    },
  }
  const merged = { ...base } as Record<string, unknown>
  for (const [group, members] of Object.entries(overrides)) {
    merged[group] = { ...(base as unknown as Record<string, object>)[group], ...members }
  }
  return merged as unknown as Config
}

const noIngest: IngestClient = {
  reserve: () => ({ grow: () => {}, release: () => {} }),
  submit: () => Promise.reject(new Error('This test runtime has no ingest: pass one to createTestRuntime')),
  drain: async () => {},
}

/**
 * Makes a fresh database with the built-in rows and a runtime around it, and sets it as this process's runtime.
 * @param overrides members of the runtime to replace; `config` may be partial (see `testConfig`)
 */
export async function createTestRuntime(
  overrides: Partial<Omit<Runtime, 'config' | 'db'>> & { config?: Parameters<typeof testConfig>[0] } = {},
): Promise<TestRuntime> {
  const db = await createTestDatabase()
  const { config: partialConfig, ...rest } = overrides
  const runtime: TestRuntime = {
    db,
    config: { ...testConfig(partialConfig), database: db.config },
    log: pino({ level: 'silent' }),
    clock: () => new Date(),
    ownRequests: new OwnRequests(),
    ingest: noIngest,
    tls: null,
    metrics: null,
    isReady: () => true,
    ...rest,
  }
  await ensureBuiltInRows(runtime)
  setRuntime(runtime)
  return runtime
}
