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

test.each(specs)('%s is watched', (spec) => {
  const text = readFileSync(join(E2E, spec), 'utf8')
  // A server of its own kind comes from a file of support/, which adds to the fixtures.
  const source = /import \{[^}]*\btest\b[^}]*\} from '\.\.\/support\/([\w-]+)'/.exec(text)?.[1]
  if (source === 'fixtures' || (source !== undefined && addsToFixtures(source))) return
  // Many servers in one file: it calls the watchers for each context and page that it opens.
  expect(text).toContain('watchPolicy(context)')
  expect(text).toContain('listen(page)')
})

const addsToFixtures = (source: string) =>
  /import \{[^}]*\btest\b[^}]*\} from '\.\/fixtures'/.test(
    readFileSync(join(E2E, `support/${source}.ts`), 'utf8'),
  )

test.each(specs)('%s does not take the bare `test` beside the watched one', (spec) => {
  const text = readFileSync(join(E2E, spec), 'utf8')
  const fromPlaywright = /import (?!type)\{([^}]*)\} from '@playwright\/test'/.exec(text)?.[1] ?? ''
  expect(fromPlaywright).not.toMatch(/(^|[\s,])test(?! as)\b/)
})
