import { join } from 'node:path'
import { ROOT } from './run.mjs'

/** Our environment, with a working directory in the checkout unless one was chosen. */
export function devEnvironment() {
  const env = { ...process.env }
  env.PHOENIX_WORKING_DIR ||= join(ROOT, '.dev')
  env.PHOENIX_HOST ||= '127.0.0.1'
  return env
}
