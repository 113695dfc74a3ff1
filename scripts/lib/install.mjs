import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT, run } from './run.mjs'

/** Installs the packages of package-lock.json when they are missing or older than it. */
export async function ensureInstalled() {
  const marker = join(ROOT, 'node_modules/.package-lock.json')
  const lock = join(ROOT, 'package-lock.json')
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return
  say('installing packages (a few minutes the first time: one of them is compiled)')
  await npm(['ci', '--include=dev', '--loglevel=error'])
}

/** Runs npm by the Node that runs us, as far as npm has told where it is. */
export async function npm(args) {
  const cli = process.env.npm_execpath
  const env = { ...process.env, ...ownHeaders() }
  if (cli?.endsWith('.js')) await run('node', [cli, ...args], { env })
  else await run('npm', args, { env })
}

/** Native packages compile against the headers beside the running Node, so that none have to be downloaded. */
function ownHeaders() {
  const prefix = dirname(dirname(process.execPath))
  if (process.env.npm_config_nodedir || !existsSync(join(prefix, 'include/node/node_version.h'))) return {}
  return { npm_config_nodedir: prefix }
}

export function say(text) {
  process.stdout.write(`== ${text}\n`)
}
