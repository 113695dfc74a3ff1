/** The sender's process as seen from the bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SenderReport } from './model'
import { senderCore } from './processes'
import type { SenderOrder } from './sender'

const SENDER = fileURLToPath(new URL('./sender.ts', import.meta.url))

/**
 * Sends, in a process held to one core.
 * @param onCounting called when the time to warm up is over
 * @throws Error when the process fails
 */
export async function runSender(order: SenderOrder, onCounting: () => void): Promise<SenderReport> {
  const child = spawnHeld([process.execPath, '--import', 'tsx', SENDER])
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`The sender ended with ${signal ?? code}`)))
  })
  ended.catch(() => {})
  const done = new Promise<SenderReport>((resolve) => {
    child.on('message', (message: { kind: string; report: SenderReport }) => {
      if (message.kind === 'started') child.send(order)
      if (message.kind === 'counting') onCounting()
      if (message.kind === 'done') resolve(message.report)
    })
  })
  return Promise.race([done, ended])
}

function spawnHeld(command: string[]): ChildProcess {
  const core = senderCore()
  const [file, ...args] = core === null ? command : ['taskset', '-c', String(core), ...command]
  return spawn(file as string, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
