import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { missingEntries } from './lockfile.mjs'

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))

test('the lock file holds every optional package its packages name, so that npm ci takes it', () => {
  expect(Object.keys(missingEntries(lock))).toEqual([])
})

test('an optional package that is left out is seen', () => {
  const packages = {
    'node_modules/a': { version: '1.0.0', optionalDependencies: { '@a/darwin-arm64': '1.0.0' } },
  }
  expect(missingEntries({ packages })).toEqual({
    'node_modules/@a/darwin-arm64': { version: '1.0.0', cpu: ['arm64'], os: ['darwin'], optional: true },
  })
})
