import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's top folder, whatever the working directory is. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * Runs a program in the checkout with our terminal. `node` means the Node that runs us.
 * @throws Error when it exits with anything but 0; with `allowFailure` the exit code is returned instead
 */
export function run(command, args, { env = process.env, allowFailure = false, cwd = ROOT } = {}) {
  const file = command === 'node' ? process.execPath : command
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const status = code ?? 1
      if (status === 0 || allowFailure) resolve(status)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? `exit code ${status}`}`))
    })
  })
}
