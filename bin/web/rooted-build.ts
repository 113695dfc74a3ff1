/**
 * The built pages below a path prefix, without building them anew: a copy of `.next` in a temporary folder in which every
 * address of our own begins with the prefix. See docs/decisions/064-a-prefix-at-run-time.md.
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { StartError } from '#server/process/listen'

/** Parts of the build that a running server does not read. */
const LEFT_OUT = new Set(['cache', 'dev', 'diagnostics', 'types', 'trace', 'trace-build', 'turbopack'])
/** Host and process: a temporary folder may be shared by containers, which do not see each other's processes. */
const NAME = `bennu-pages-${hostname()}-`

/**
 * Makes the copy, which is gone with the process, and answers the folder to serve from.
 * @param packageDir the folder that holds `.next`, `node_modules` and `public`
 * @param rootPath begins with a slash and does not end with one
 * @throws StartError when it cannot be written
 */
export function copyBuildForRoot(packageDir: string, rootPath: string): string {
  removeLeftovers()
  try {
    const dir = mkdtempSync(join(tmpdir(), `${NAME}${process.pid}-`))
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
    copyBuild(join(packageDir, '.next'), join(dir, '.next'))
    symlinkSync(join(packageDir, 'node_modules'), join(dir, 'node_modules'))
    // The explorer of GraphQL.
    symlinkSync(join(packageDir, 'public'), join(dir, 'public'))
    rewriteFiles(join(dir, '.next'), rootPath)
    return dir
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(
      `PHOENIX_HOST_ROOT_PATH: the pages for ${rootPath} cannot be written to ${tmpdir()} (${reason}): ` +
        'give the process a temporary folder of 20 MB, or name one in TMPDIR',
      { cause },
    )
  }
}

/** What processes of ours left behind that were killed; the name says whose it was. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(NAME))) {
    const pid = Number(name.slice(NAME.length).split('-', 1)[0])
    if (pid !== process.pid && isAlive(pid)) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // It belongs to somebody else.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
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
  for (const folder of ['server', 'static']) {
    for (const name of readdirSync(join(build, folder), { recursive: true, encoding: 'utf8' })) {
      if (/\.(js|css|html|rsc|body)$/.test(name)) rewriteText(join(build, folder, name), rootPath)
    }
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

/** Addresses of scripts, styles and fonts, and in what the browser runs the prefix itself. */
function rewriteText(file: string, rootPath: string): void {
  const text = readFileSync(file, 'utf8')
  let rooted = text.replaceAll(/(["'`(])\/_next\/(?=static\/)/g, `$1${rootPath}/_next/`)
  if (file.includes(`${sep}static${sep}`)) {
    rooted = rooted
      .replaceAll('globalThis.__ROOT_PATH__', JSON.stringify(rootPath))
      .replace(/(TURBOPACK_CHUNK_BASE_PATH:)"\/_next\/"/, `$1"${rootPath}/_next/"`)
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
    regex: rule.regex.replace('^', `^${escaped(rootPath)}`),
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
      regexp: regexp.replace('^', `^${escaped(rootPath)}`),
      originalSource: `${rootPath}${originalSource}`,
    }))
    return [name, matchers ? { ...entry, matchers } : entry]
  })
  return { ...manifest, functions: Object.fromEntries(functions) }
}

function rewriteJson<T>(file: string, change: (content: T) => unknown): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as T)))
}

const escaped = (path: string) => path.replaceAll('.', String.raw`\.`)
