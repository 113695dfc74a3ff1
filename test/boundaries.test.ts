/** Who may import whom, held by reading import lines. The reasons stand in docs/decisions. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const FOLDERS = ['app', 'bin', 'collector', 'components', 'e2e', 'scripts', 'server'] as const

/** Our own folders that each folder may import from, itself aside. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  // auth.ts and auth-password.ts are where Auth.js is set up: only the routes of sign-in call them.
  app: ['auth', 'auth-password', 'components', 'server'],
  bin: ['server', 'collector'],
  collector: ['server', 'proto'],
  components: ['server'],
  e2e: ['server', 'test', 'components'],
  scripts: ['server', 'test'],
  server: ['proto'],
}

/** Modules of the server that are safe in a browser: types, constants, the permission table. */
const BROWSER_SAFE = /^server\/(permissions|[\w-]+\/([\w-]+-)?model)$/

interface Import {
  /** Path of the importing file from the top folder. */
  file: string
  /** What stands between the quotes. */
  target: string
  typeOnly: boolean
}

const sources = FOLDERS.flatMap((folder) => filesOf(folder))
/** The server, and the fixtures of browser tests, which make rows. */
const MAY_QUERY = new Set(['server', 'e2e'])

const imports = sources.flatMap(importsOf)
const isTest = (file: string) => /\.test\.tsx?$/.test(file)
const production = imports.filter(({ file }) => !isTest(file))

function filesOf(path: string): string[] {
  const full = join(ROOT, path)
  if (statSync(full).isDirectory()) return readdirSync(full).flatMap((name) => filesOf(join(path, name)))
  return /\.(ts|tsx|mjs)$/.test(path) ? [path] : []
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const statements = text.matchAll(/^\s*(import|export)\b(\s+type\b)?[^'"`;]*?from\s*['"]([^'"]+)['"]/gm)
  const bare = text.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [
    ...[...statements].map((match) => ({ file, target: match[3] ?? '', typeOnly: match[2] !== undefined })),
    ...[...bare, ...dynamic].map((match) => ({ file, target: match[1] ?? '', typeOnly: false })),
  ]
}

/** The imported file from the top folder, without its ending, or null for a package. */
function ownTarget({ file, target }: Import): string | null {
  if (target.startsWith('#')) return target.slice(1)
  if (!target.startsWith('.')) return null
  return relative(ROOT, join(ROOT, dirname(file), target)).replace(/\.(ts|tsx|mjs)$/, '')
}

const topOf = (path: string) => path.split('/')[0] ?? ''
const packageOf = (target: string) =>
  target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : topOf(target)
const show = ({ file, target }: Import) => `${file} imports ${target}`

describe('import boundaries', () => {
  it('sees the imports it judges', () => {
    expect(production.length).toBeGreaterThan(100)
    expect(production.map(show)).toContain('server/runtime.ts imports pino')
    expect(production.map(show)).toContain('server/listener/http-server.ts imports #server/client-address')
    expect(production.map(show)).toContain('server/db/open.ts imports #server/db/postgres')
  })

  it('lets folders use only the folders below them', () => {
    const wrong = production.filter((each) => {
      const target = ownTarget(each)
      if (target === null) return false
      const from = topOf(each.file)
      const to = topOf(target)
      const outside = target === 'package.json' || target === 'app/globals.css'
      return !outside && to !== from && !(MAY_IMPORT[from] ?? []).includes(to)
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('lets components use only what is safe in a browser', () => {
    const wrong = production.filter((each) => {
      const target = ownTarget(each)
      const fromServer = target !== null && topOf(target) === 'server'
      return topOf(each.file) === 'components' && fromServer && !BROWSER_SAFE.test(target)
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('keeps frameworks out of the server', () => {
    const banned = ['next', 'react', 'react-dom', 'next-auth', 'server-only']
    const wrong = production.filter(
      (each) => topOf(each.file) === 'server' && banned.includes(packageOf(each.target)),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('keeps drivers and dialect packages in server/db', () => {
    const banned = /^(pg|pg-connection-string|better-sqlite3|drizzle-orm\/.+)$/
    const wrong = production.filter(
      (each) => banned.test(each.target) && !each.file.startsWith('server/db/') && !isDatabaseUrlParser(each),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('keeps Drizzle out of pages, components and processes', () => {
    const wrong = production.filter(
      (each) =>
        packageOf(each.target) === 'drizzle-orm' && !MAY_QUERY.has(topOf(each.file)) && !each.typeOnly,
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('keeps the command line out of the collector and of the pages', () => {
    const wrong = production.filter(
      (each) =>
        topOf(ownTarget(each) ?? '') === 'bin' &&
        ['app', 'collector', 'components'].includes(topOf(each.file)),
    )
    expect(wrong.map(show)).toEqual([])
  })

  it('lets only transport and codec use the generated OTLP code', () => {
    const wrong = production.filter(
      (each) => topOf(ownTarget(each) ?? '') === 'proto' && !/^(server\/otlp|collector)\//.test(each.file),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

/** The configuration reads database URLs with the driver's own parser, which connects to nothing. */
function isDatabaseUrlParser({ file, target }: Import): boolean {
  return file.startsWith('server/config/') && target === 'pg-connection-string'
}

describe('environment variables', () => {
  /** Values are read by parseConfig; these files hand the environment over or set what a library reads. */
  const HANDS_OVER = new Set(['bin/commands/read-config.ts', 'bin/web/prepare-next.ts'])

  it('are read in one place', () => {
    const wrong = sources.filter((file) => {
      if (isTest(file) || /^(scripts|e2e)\//.test(file) || HANDS_OVER.has(file)) return false
      const text = withoutComments(readFileSync(join(ROOT, file), 'utf8'))
      // NODE_ENV is replaced by the compiler and says nothing about the deployment.
      return /process\.env\b(?!\.NODE_ENV\b)/.test(text)
    })
    expect(wrong).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
