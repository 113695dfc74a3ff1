/** A page that no list names is found by nobody, and a link that leads nowhere helps nobody. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const pagesIn = (folder: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'))
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

const FOLDERS = ['docs', 'docs/decisions']
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...FOLDERS.flatMap((folder) => pagesIn(folder).map((name) => `${folder}/${name}`)),
]

test.each(FOLDERS)('the list of %s names every page in it', (folder) => {
  const list = read(`${folder}/README.md`)
  const missing = pagesIn(folder).filter((name) => name !== 'README.md' && !list.includes(`](${name})`))
  expect(missing).toEqual([])
})

test.each(pages)('the links of %s lead to files that are there', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((link) => link[1] ?? '')
  expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
})

/** As GitHub makes it of a heading: small letters, no marks, hyphens for blanks. */
const anchorOf = (heading: string) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')

test.each(pages)('the links of %s into pages lead to headings that are there', (page) => {
  const missing = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].filter(
    ([, target, anchor]) => {
      const text = read(target ? join(dirname(page), target) : page)
      return ![...text.matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor)
    },
  )
  expect(missing.map(([link]) => link)).toEqual([])
})

test.each(pages)('the commands of npm that %s names exist', (page) => {
  const { scripts } = JSON.parse(read('package.json'))
  const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((command) => command[1] ?? '')
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})
