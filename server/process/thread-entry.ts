import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * The main file of a thread of ours: the bundle of that name beside the bundled program, or else the source, read by tsx.
 * @param source where the source lies when the program runs from its sources
 */
export function threadEntry(name: string, source: URL): URL {
  const bundled = new URL(`./${name}.js`, import.meta.url)
  if (existsSync(bundled)) return bundled
  const required = createRequire(import.meta.url).resolve('tsx/esm/api')
  const tsx = pathToFileURL(required.replace(/\.cjs$/, '.mjs')).href
  // A thread's main file cannot be TypeScript: the loader is not there yet when it is looked at.
  const main = `import { register } from '${tsx}'; register(); await import('${source.href}')`
  return new URL(`data:text/javascript,${encodeURIComponent(main)}`)
}
