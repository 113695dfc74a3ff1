/** The floor's process as seen from the bench: on the cores the server has, with the memory settings of its worker. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { YOUNG_GENERATION_FLAGS } from '#server/process/young-generation'
import { createBenchDatabase, createProject } from './database'
import type { FloorOrder } from './floor'
import type { Engine, FloorReport } from './model'
import { PROJECT } from './prepare'

const FLOOR = fileURLToPath(new URL('./floor.ts', import.meta.url))

/**
 * Measures the floor on a database of its own.
 * @throws Error when it fails
 */
export async function runFloor(
  engine: Engine,
  order: Omit<FloorOrder, 'database' | 'projectId'>,
): Promise<FloorReport> {
  const database = await createBenchDatabase(engine)
  try {
    const projectId = await createProject(database, PROJECT)
    return await measure({ ...order, database: database.config, projectId })
  } finally {
    await database.remove()
  }
}

async function measure(order: FloorOrder): Promise<FloorReport> {
  const flags = [...YOUNG_GENERATION_FLAGS, '--import', 'tsx']
  const child = spawn(process.execPath, [...flags, FLOOR, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`The floor ended with ${code}`)
  return JSON.parse(output) as FloorReport
}
