/** `bennu db reindex` as an operator runs it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { exportRequest } from '../../test/otlp'
import { runBennu, spawnBennu, startProgram, until } from '../../test/program'
import { runSql } from '../../test/sql'

let folder: string
let database: DatabaseConfig
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-test-'))
  database = { dialect: 'sqlite', file: join(folder, 'bennu.db'), inMemory: false }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = () => ({ PHOENIX_WORKING_DIR: folder })
const spanOf = (trace: number) => ({
  traceId: trace.toString(16).padStart(32, '0'),
  spanId: '00000000000000aa',
  name: 'ask',
  kind: 1,
  startTimeUnixNano: `${1_700_000_000 + trace}000000000`,
  endTimeUnixNano: `${1_700_000_001 + trace}000000000`,
  attributes: [],
  status: { code: 2 },
})

describe('bennu db reindex', () => {
  it('mends spoiled sums beside a running server, and tells what it did', async () => {
    const program = await startProgram({ workingDir: folder })
    try {
      const spans = Array.from({ length: 300 }, (_, index) => spanOf(index + 1))
      const sent = await fetch(`${program.baseUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(exportRequest(spans)),
      })
      expect(sent.status).toBe(200)
      await runSql(database, 'update traces set error_count = 77')
      await runSql(database, 'delete from project_buckets')
      const { code, stdout, stderr } = await runBennu(['db', 'reindex'], env())
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('traces: 0 of 300\ntraces: 300 of 300\n')
      expect(stdout).toMatch(/Counted anew in \d+\.\d s: traces 300, sessions 0, projects 1\.\n$/)
      expect(await runSql(database, 'select distinct error_count from traces')).toEqual([{ error_count: 1 }])
      const projects = await (await fetch(`${program.baseUrl}/ui/projects`)).json()
      expect(projects).toMatchObject([{ name: 'default', traceCount: 300 }])
    } finally {
      await program.stop()
    }
  })

  it('asks for a migration first', async () => {
    const { code, stderr } = await runBennu(['db', 'reindex'], env())
    expect(code).toBe(1)
    expect(stderr).toContain('bennu db migrate')
  })

  it('stopped by Ctrl-C it says that nothing is lost, and exits as shells expect', async () => {
    await runBennu(['db', 'migrate'], env())
    await runSql(database, `insert into projects (id, name, created_at, updated_at) values (1, 'p', 0, 0)`)
    await runSql(
      database,
      `insert into traces (trace_id, project_id, start_time, end_time)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000)
        select printf('%032x', i), 1, i, i from n`,
    )
    const child = spawnBennu(['db', 'reindex'], env())
    let output = ''
    child.stdout?.on('data', (part) => {
      output += part
    })
    await until('the first line', () => output.includes('traces: 0 of 200000'))
    // Not `exit`: what was written last may be read after that.
    const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve([code, signal])))
    child.kill('SIGINT')
    expect(await exited).toEqual([130, null])
    expect(output).toContain('Stopped. What has been counted stays')
  })
})
