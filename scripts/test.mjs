/**
 * Every test, from a fresh clone: packages, PostgreSQL and Chromium, a build, then unit and domain tests on both engines,
 * tests of the built program, and the browser.
 *   npm test                      all of it
 *   npm test -- unit process      some of: unit sqlite postgres timing alone process e2e
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { say } from './lib/install.mjs'
import { run } from './lib/run.mjs'
import { ensureServices } from './lib/services.mjs'
import { readPlaywright, readVitest } from './lib/test-results.mjs'

const PARTS = ['unit', 'sqlite', 'postgres', 'timing', 'alone', 'process', 'e2e']
const NEEDS = {
  postgresql: ['postgres', 'process'],
  openssl: ['postgres', 'process'],
  chromium: ['e2e'],
  nginx: ['e2e'],
  curl: ['e2e'],
  slapd: [],
  samba: [],
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((part) => !PARTS.includes(part))
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)
const parts = chosen.length === 0 ? PARTS : chosen

const started = Date.now()
const reports = mkdtempSync(join(tmpdir(), 'bennu-reports-'))
const results = []
const skippedParts = []

await ensureBuilt()
const missing = ensureServices()
for (const { name, reason } of missing) {
  for (const part of NEEDS[name].filter((part) => parts.includes(part))) leaveOut(part, reason)
}
// Tests of processes measure time: they run alone.
await runVitest(['unit', 'sqlite', 'postgres'])
await runVitest(['timing'])
await runVitest(['alone'])
await runVitest(['process'])
await runPlaywright()
rmSync(reports, { recursive: true, force: true })
process.exit(summarize())

/** A missing service is a failure in continuous integration, and a skip that is told about elsewhere. */
function leaveOut(part, reason) {
  if (process.env.CI) results.push({ passed: 0, failed: 1, skipped: [], failures: [`${part}: ${reason}`] })
  else skippedParts.push(`${part}, all of it: ${reason}`)
  parts.splice(parts.indexOf(part), 1)
}

async function runVitest(projects) {
  const selected = projects.filter((project) => parts.includes(project))
  if (selected.length === 0) return
  say(selected.join(', '))
  const file = join(reports, `${selected.join('-')}.json`)
  const flags = selected.flatMap((project) => ['--project', project])
  const code = await run(
    'node',
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...flags,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { allowFailure: true },
  )
  results.push(readVitest(file, code))
}

async function runPlaywright() {
  if (!parts.includes('e2e')) return
  say('e2e')
  const file = join(reports, 'e2e.json')
  const code = await run('node', ['node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json'], {
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    allowFailure: true,
  })
  results.push(readPlaywright(file, code))
}

function summarize() {
  const sum = (count) => results.reduce((total, result) => total + count(result), 0)
  const failures = results.flatMap((result) => result.failures)
  const skipped = [...skippedParts, ...results.flatMap((result) => result.skipped)]
  const failed = sum((result) => result.failed)
  console.log(`\nfinished in ${Math.round((Date.now() - started) / 1000)} s`)
  if (failures.length > 0) console.log(`failed:\n${failures.map((name) => `  ${name}`).join('\n')}`)
  if (skipped.length > 0) console.log(`skipped:\n${skipped.map((name) => `  ${name}`).join('\n')}`)
  console.log(`${sum((result) => result.passed)} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}
