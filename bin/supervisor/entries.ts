import { join } from 'node:path'
import type { ProcessName } from '#server/process/messages'
import { packageRoot } from '#server/process/package-root'

const BUILT = { web: 'dist/web.js', collector: 'dist/collector.js' } as const
const SOURCE = { web: 'bin/web.ts', collector: 'collector/main.ts' } as const

/** The main file of a child: beside us in dist/, or its source when we run from source ourselves. */
export function entryOf(name: ProcessName): string {
  const fromSource = import.meta.url.endsWith('.ts')
  return join(packageRoot(), (fromSource ? SOURCE : BUILT)[name])
}
