/** Every browser test starts from the fixtures that watch what the browser complains of. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const E2E = fileURLToPath(new URL('../e2e/', import.meta.url))
const specs = readdirSync(E2E, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.spec.ts'),
)

test('there are browser tests', () => {
  expect(specs.length).toBeGreaterThan(5)
})

test.each(specs)('%s takes its `test` from the fixtures', (spec) => {
  const text = readFileSync(join(E2E, spec), 'utf8')
  expect(text).toMatch(/import \{[^}]*\btest\b[^}]*\} from '\.\.\/support\/fixtures'/)
  const fromPlaywright = /import (?!type)\{([^}]*)\} from '@playwright\/test'/.exec(text)?.[1] ?? ''
  expect(fromPlaywright).not.toMatch(/(^|[\s,])test\b/)
})
