/**
 * The built pages below a path prefix, without building them anew: a copy of `.next` in a temporary folder in which every
 * address of our own begins with the prefix. See docs/decisions/064-a-prefix-at-run-time.md.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { StartError } from '#server/process/listen'
import { makeTemporaryFolder } from './temporary-folder'

/** Parts of the build that a running server does not read. */
const LEFT_OUT = new Set(['cache', 'dev', 'diagnostics', 'types', 'trace', 'trace-build', 'turbopack'])
/**
 * Makes the copy, which is gone with the process, and answers the folder to serve from.
 * @param packageDir the folder that holds `.next`, `node_modules` and `public`
 * @param rootPath begins with a slash and does not end with one
 * @throws StartError when it cannot be written
 */
export function copyBuildForRoot(packageDir: string, rootPath: string): string {
  try {
    const dir = makeTemporaryFolder()
    copyBuild(join(packageDir, '.next'), join(dir, '.next'))
    for (const name of ['node_modules', 'public']) {
      if (existsSync(join(packageDir, name))) symlinkSync(join(packageDir, name), join(dir, name))
    }
    rewriteFiles(join(dir, '.next'), rootPath)
    return dir
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(
      `PHOENIX_HOST_ROOT_PATH: the pages for ${rootPath} cannot be made in ${tmpdir()} (${reason}): ` +
        'give the process a temporary folder with 20 MB of room, or name one in TMPDIR',
      { cause },
    )
  }
}

function copyBuild(from: string, to: string): void {
  const isWanted = (file: string) => {
    const [top = ''] = relative(from, file).split(sep)
    return !LEFT_OUT.has(top) && !file.endsWith('.map') && !file.endsWith('.nft.json')
  }
  cpSync(from, to, { recursive: true, filter: isWanted, verbatimSymlinks: true })
  // Links to packages are relative to the place of the original.
  const packages = join(from, 'node_modules')
  if (!existsSync(packages)) return
  rmSync(join(to, 'node_modules'), { recursive: true })
  symlinkSync(packages, join(to, 'node_modules'))
}

function rewriteFiles(build: string, rootPath: string): void {
  const changed = { addresses: 0, router: 0, chunks: 0 }
  for (const folder of ['server', 'static']) {
    for (const name of readdirSync(join(build, folder), { recursive: true, encoding: 'utf8' })) {
      if (/\.(js|css|html|rsc|body)$/.test(name)) rewriteText(join(build, folder, name), rootPath, changed)
    }
  }
  for (const [what, count] of Object.entries(changed)) {
    // A white page would be all that people saw of it.
    if (count === 0) throw new Error(`the build has no place for the prefix (${what})`)
  }
  rewriteJson(join(build, 'routes-manifest.json'), (manifest: RoutesManifest) =>
    rootRoutes(manifest, rootPath),
  )
  rewriteJson(join(build, 'server/functions-config-manifest.json'), (manifest: FunctionsManifest) =>
    rootMatchers(manifest, rootPath),
  )
  rewriteJson(join(build, 'required-server-files.json'), ({ config, ...rest }: { config: object }) => ({
    ...rest,
    config: { ...config, basePath: rootPath, assetPrefix: rootPath },
  }))
}

/** Addresses of scripts, styles and fonts, and in what the browser runs the prefix itself. Counts what it replaces. */
function rewriteText(
  file: string,
  rootPath: string,
  changed: { addresses: number; router: number; chunks: number },
): void {
  const text = readFileSync(file, 'utf8')
  // What the pattern's first group matched stays.
  const replace = (from: string, pattern: RegExp, to: string, what: keyof typeof changed) =>
    from.replace(pattern, (_match, before: string) => {
      changed[what] += 1
      return `${before}${to}`
    })
  let rooted = replace(text, /(["'`(])\/_next\/(?=static\/)/g, `${rootPath}/_next/`, 'addresses')
  if (file.includes(`${sep}static${sep}`)) {
    rooted = replace(rooted, /()globalThis\.__ROOT_PATH__/g, JSON.stringify(rootPath), 'router')
    rooted = replace(rooted, /(TURBOPACK_CHUNK_BASE_PATH:)"\/_next\/"/g, `"${rootPath}/_next/"`, 'chunks')
  }
  if (rooted !== text) writeFileSync(file, rooted)
}

interface RoutesManifest {
  basePath: string
  rewrites: { beforeFiles: { source: string; destination: string; regex: string }[] }
}

/** A drawer over a page is a rewrite before files, which Next takes as it stands. */
function rootRoutes(manifest: RoutesManifest, rootPath: string): RoutesManifest {
  const beforeFiles = manifest.rewrites.beforeFiles.map((rule) => ({
    ...rule,
    source: `${rootPath}${rule.source}`,
    destination: `${rootPath}${rule.destination}`,
    regex: below(rootPath, rule.regex),
  }))
  return { ...manifest, basePath: rootPath, rewrites: { ...manifest.rewrites, beforeFiles } }
}

interface FunctionsManifest {
  functions: Record<string, { matchers?: { regexp: string; originalSource: string }[] }>
}

/** Which paths the middleware is asked about. */
function rootMatchers(manifest: FunctionsManifest, rootPath: string): FunctionsManifest {
  const functions = Object.entries(manifest.functions).map(([name, entry]) => {
    const matchers = entry.matchers?.map(({ regexp, originalSource }) => ({
      regexp: below(rootPath, regexp),
      originalSource: `${rootPath}${originalSource}`,
    }))
    return [name, matchers ? { ...entry, matchers } : entry]
  })
  return { ...manifest, functions: Object.fromEntries(functions) }
}

function rewriteJson<T>(file: string, change: (content: T) => unknown): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as T)))
}

/** A pattern for paths, for the same paths below the prefix. */
function below(rootPath: string, pattern: string): string {
  if (!pattern.startsWith('^/') && !pattern.startsWith('^(')) {
    throw new Error(`the build has an unknown pattern (${pattern})`)
  }
  return `^${rootPath.replaceAll('.', String.raw`\.`)}${pattern.slice(1)}`
}
