/** Metrics of the running program: one port tells of every process. */
import { afterEach, expect, it } from 'vitest'
import { freePort } from '../test/free-port'
import { asJson, exportRequest } from '../test/otlp'
import { type Program, type ProgramOptions, startProgram, until } from '../test/program'

const SECRET = 'metrics-secret-0123456789-abcdefghij'
const running: Program[] = []
afterEach(async () => {
  for (const program of running.splice(0)) await program.stop()
})

async function start(options: ProgramOptions = {}) {
  const port = await freePort()
  const env = { PHOENIX_ENABLE_PROMETHEUS: 'true', BENNU_METRICS_PORT: String(port), ...options.env }
  const program = await startProgram({ ...options, env })
  running.push(program)
  const read = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return { program, read }
}

const span = (name: string) =>
  asJson(
    exportRequest(
      [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name }],
      'hush-hush',
    ),
  )
const send = (url: string, name = 'x', token = '') =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: new Uint8Array(span(name)),
  })

it('tell of web, collector and supervisor, each metric once', async () => {
  const { program, read } = await start({ env: { BENNU_OTLP_HTTP_PORT: String(await freePort()) } })
  expect(program.output()).toMatch(/^ {2}metrics {3}http:\/\/127\.0\.0\.1:\d+\/metrics$/m)
  await send(program.baseUrl)
  await send(`http://127.0.0.1:${program.otlpHttpPort}`)
  const text = await read()
  for (const line of [
    'bennu_process_up{process="web"} 1',
    'bennu_process_up{process="collector"} 1',
    'bennu_ingest_spans_total{result="stored",process="web"} 1',
    'bennu_ingest_spans_total{result="duplicate",process="collector"} 1',
    'bennu_ingest_commits_total{process="web"} 1',
    'bennu_http_requests_total{route="otlp",status="200",process="web"} 1',
    'bennu_http_requests_total{route="otlp",status="200",process="collector"} 1',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{process="supervisor"\} /m)
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1])
  expect(names.length).toBeGreaterThan(30)
  expect(names).toEqual([...new Set(names)])
})

it('hold no secret, no name and nothing that was sent', async () => {
  const env = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET, PHOENIX_ADMIN_SECRET: `admin-${SECRET}` }
  const { program, read } = await start({ env })
  expect((await send(program.baseUrl, 'a secret span', `admin-${SECRET}`)).status).toBe(200)
  await fetch(`${program.baseUrl}/v1/projects/hush-hush/spans?token=t0ken`)
  const text = await read()
  expect(text).toContain('bennu_ingest_spans_total{result="stored",process="web"} 1')
  expect(text).not.toMatch(/metrics-secret|hush|secret span|t0ken|admin@|0af7651916cd43dd/)
  expect(text).not.toContain(program.workingDir)
})

it('of a lone collector are its own', async () => {
  const { read } = await start({ args: ['--only', 'collector'] })
  const text = await read()
  expect(text).toContain('bennu_process_up{process="collector"} 1')
  expect(text).not.toContain('process="web"')
  expect(text).toMatch(/^bennu_audit_head_info\{hash="[0-9a-f]{16}",process="collector"\} 1$/m)
})

it('show a log of SQLite that comes to rest', async () => {
  const { program, read } = await start()
  await send(program.baseUrl)
  await until('the log to be cut', async () => {
    const text = await read()
    const isCut = /^bennu_sqlite_checkpoints_total\{mode="truncate",result="done",.*\} [1-9]/m.test(text)
    return isCut && /^bennu_sqlite_wal_bytes\{.*\} 0$/m.test(text)
  })
})
