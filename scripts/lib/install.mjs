import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './run.mjs'

/** Installs the packages of package-lock.json when they are missing or older than it. */
export async function ensureInstalled() {
  const marker = join(ROOT, 'node_modules/.package-lock.json')
  const lock = join(ROOT, 'package-lock.json')
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return
  say('installing packages (a few minutes the first time: one of them is compiled)')
  await npm(['ci', '--include=dev'])
}

/** Runs npm by the Node that runs us, as far as npm has told where it is. */
export async function npm(args) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js')) await run('node', [cli, ...args])
  else await run('npm', args)
}

export function say(text) {
  process.stdout.write(`== ${text}\n`)
}
