import { isBuilt } from './fingerprint.mjs'
import { ensureInstalled, say } from './install.mjs'
import { run } from './run.mjs'

/** Packages installed and everything built from the sources as they are now. Does nothing when it is so already. */
export async function ensureBuilt() {
  await ensureInstalled()
  if (isBuilt()) return
  say('building (about half a minute)')
  await run('node', ['scripts/build.mjs'])
}
