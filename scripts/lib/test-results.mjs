import { existsSync, readFileSync } from 'node:fs'

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
  const broken = report.testResults
    .filter(
      (suite) =>
        suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
    )
    .map((suite) => `${suite.name}: ${firstLine(suite.message)}`)
  const failures = [...named('failed'), ...broken]
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
  const failures = [
    ...named('unexpected', 'flaky'),
    ...report.errors.map((error) => firstLine(error.message)),
  ]
  if (exitCode !== 0 && failures.length === 0) failures.push(`playwright ended with exit code ${exitCode}`)
  return { passed: named('expected').length, failed: failures.length, skipped: named('skipped'), failures }
}

const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)]
const firstLine = (text) => String(text ?? '').split('\n', 1)[0]

function crashed(name, exitCode) {
  return { passed: 0, failed: 1, skipped: [], failures: [`${name} left no report (exit code ${exitCode})`] }
}
