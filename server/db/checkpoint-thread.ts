/** The main file of the thread that makes SQLite's checkpoints. */
import { parentPort, workerData } from 'node:worker_threads'
import { Checkpointer } from '#server/db/checkpointer'
import type { CheckpointReport } from '#server/db/checkpoints'
import { WORKER_NICE, yieldToOtherThreads } from '#server/process/thread-priority'

/** After an error of the disk, before the next try: short, because meanwhile the log grows into what room there is. */
const FAULT_PAUSE_MS = 250

const port = parentPort
if (!port) throw new Error('This file is the main file of a worker thread')
const tell = (report: CheckpointReport) => port.postMessage(report)

yieldToOtherThreads(WORKER_NICE)
const checkpointer = new Checkpointer(workerData as string, (checkpoint) =>
  tell({ kind: 'made', checkpoint }),
)
let told = -1
let timer = setTimeout(look, 0)

function look(): void {
  let pauseMs = FAULT_PAUSE_MS
  try {
    pauseMs = checkpointer.tick()
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
  if (checkpointer.walBytes !== told) {
    told = checkpointer.walBytes
    tell({ kind: 'size', bytes: told })
  }
  timer = setTimeout(look, pauseMs)
}

port.on('message', () => {
  clearTimeout(timer)
  checkpointer.close()
  port.close()
})
