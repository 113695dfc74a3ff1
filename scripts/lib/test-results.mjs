import { existsSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const QUOTED_LINES = 12

/**
 * @typedef {{ passed: number, failed: number, skipped: string[], failures: string[] }} Result
 */

/** Reads a report of vitest. A file that could not even be loaded counts as one failure. @returns {Result} */
export function readVitest(file, exitCode) {
  if (!existsSync(file)) return crashed('vitest', exitCode)
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const tests = report.testResults.flatMap((suite) => suite.assertionResults)
  const named = (...states) =>
    tests.filter((test) => states.includes(test.status)).map((test) => test.fullName)
  const failed = tests
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}${quoted(failureMessages?.[0])}`)
  const broken = report.testResults
    .filter(
      (suite) =>
        suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
    )
    .map((suite) => `${suite.name}: ${firstLine(suite.message)}`)
  const failures = [...failed, ...broken]
  if (exitCode !== 0 && failures.length === 0) failures.push(`vitest ended with exit code ${exitCode}`)
  const skipped = named('pending', 'skipped', 'todo', 'disabled')
  return { passed: named('passed').length, failed: failures.length, skipped, failures }
}

/** Reads a report of Playwright. A test that passed only when repeated counts as failed. @returns {Result} */
export function readPlaywright(file, exitCode) {
  if (!existsSync(file)) return crashed('playwright', exitCode)
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const specs = report.suites.flatMap(specsOf)
  const named = (...states) =>
    specs.flatMap((spec) => spec.tests.filter((test) => states.includes(test.status)).map(() => spec.title))
  const failed = specs.flatMap((spec) =>
    spec.tests
      .filter((test) => ['unexpected', 'flaky'].includes(test.status))
      .map((test) => `${spec.title}${quoted(test.results?.find((result) => result.error)?.error?.message)}`),
  )
  const failures = [...failed, ...report.errors.map((error) => firstLine(error.message))]
  if (exitCode !== 0 && failures.length === 0) failures.push(`playwright ended with exit code ${exitCode}`)
  return { passed: named('expected').length, failed: failures.length, skipped: named('skipped'), failures }
}

const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)]
/** The beginning of a message, below the name: whoever has only the end of a log reads why a test failed. */
function quoted(message) {
  if (!message) return ''
  const lines = stripVTControlCharacters(String(message)).split('\n', QUOTED_LINES)
  return lines.map((line) => `\n      ${line}`).join('')
}
const firstLine = (text) => String(text ?? '').split('\n', 1)[0]

function crashed(name, exitCode) {
  return { passed: 0, failed: 1, skipped: [], failures: [`${name} left no report (exit code ${exitCode})`] }
}
