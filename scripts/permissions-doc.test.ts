import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PERMISSIONS } from '#server/permissions'
import { permissionsDoc } from './permissions-doc'

const page = readFileSync(new URL('../docs/permissions.md', import.meta.url), 'utf8')

test('docs/permissions.md is what `npm run docs:permissions` writes', () => {
  expect(page).toBe(permissionsDoc())
})

test('every action has a line', () => {
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('|  |'))
  // The lines of dashes below the headings.
  const rows = lines.filter((line) => !line.startsWith('| ---'))
  expect(rows).toHaveLength(Object.keys(PERMISSIONS).length)
})
