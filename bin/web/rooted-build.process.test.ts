/** The copy of the built pages for a path prefix. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '#server/process/package-root'
import { copyBuildForRoot } from './rooted-build'

const original = join(packageRoot(), '.next')
let folder: string
let copy: string
const before = process.env.TMPDIR
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-rooted-'))
  process.env.TMPDIR = folder
  copy = join(copyBuildForRoot(packageRoot(), '/a.b/c'), '.next')
})

afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  rmSync(folder, { recursive: true, force: true })
})

/** Every text of a build that a browser or Next reads. */
function textsOf(build: string): string[] {
  return ['server', 'static'].flatMap((part) =>
    readdirSync(join(build, part), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(js|css|html|rsc)$/.test(name))
      .map((name) => readFileSync(join(build, part, name), 'utf8')),
  )
}

it('finds in the build what it puts the prefix into', () => {
  const texts = textsOf(original)
  expect(texts.some((text) => /["'`]\/_next\/static\//.test(text))).toBe(true)
  // The router's and our own, in what browsers run.
  const chunks = join(original, 'static/chunks')
  const scripts = readdirSync(chunks).map((name) => readFileSync(join(chunks, name), 'utf8'))
  const marks = scripts.flatMap((text) => text.match(/globalThis\.__ROOT_PATH__/g) ?? [])
  expect(marks.length).toBeGreaterThanOrEqual(4)
  expect(scripts.some((text) => text.includes('TURBOPACK_CHUNK_BASE_PATH:"/_next/"'))).toBe(true)
})

it('leaves no address without the prefix', () => {
  for (const text of textsOf(copy)) expect(text).not.toMatch(/["'`(]\/_next\/static\//)
  const chunks = join(copy, 'static/chunks')
  for (const name of readdirSync(chunks)) {
    const text = readFileSync(join(chunks, name), 'utf8')
    expect(text).not.toContain('__ROOT_PATH__')
    expect(text).not.toContain('TURBOPACK_CHUNK_BASE_PATH:"/_next/"')
  }
})

it('gives browsers the prefix in scripts that they can read', () => {
  const chunks = join(copy, 'static/chunks')
  const scripts = readdirSync(chunks).filter((name) => name.endsWith('.js'))
  const texts = scripts.map((name) => readFileSync(join(chunks, name), 'utf8'))
  for (const text of texts) expect(() => new Script(text)).not.toThrow()
  const all = texts.join('\n')
  expect(all.match(/"\/a\.b\/c"(\|\||\?\?)""/g)?.length).toBeGreaterThanOrEqual(4)
  expect(all).toContain(':"/a.b/c/_next/"')
})

it('asks the middleware about pages below the prefix, and about nothing a machine asks', () => {
  const manifest = JSON.parse(readFileSync(join(copy, 'server/functions-config-manifest.json'), 'utf8'))
  const [{ regexp }] = manifest.functions['/_middleware'].matchers
  const isAsked = (path: string) => new RegExp(regexp).test(path)
  expect(['/a.b/c/', '/a.b/c/login', '/a.b/c/projects/1'].map(isAsked)).toEqual([true, true, true])
  expect(['/a.b/c/v1/traces', '/a.b/c/auth/login', '/login', '/aXb/c/login'].map(isAsked)).toEqual([
    false,
    false,
    false,
    false,
  ])
})

it('opens a trace over its list below the prefix', () => {
  const { basePath, rewrites } = JSON.parse(readFileSync(join(copy, 'routes-manifest.json'), 'utf8'))
  expect(basePath).toBe('/a.b/c')
  expect(rewrites.beforeFiles.length).toBeGreaterThan(0)
  for (const { source, destination, regex } of rewrites.beforeFiles) {
    expect(source).toMatch(/^\/a\.b\/c\/projects\//)
    expect(destination).toMatch(/^\/a\.b\/c\/projects\//)
    expect(new RegExp(regex).test('/a.b/c/projects/1/traces/2')).toBe(true)
    expect(new RegExp(regex).test('/aXb/c/projects/1/traces/2')).toBe(false)
  }
})

it('leaves the build itself as it was', () => {
  expect(JSON.parse(readFileSync(join(original, 'routes-manifest.json'), 'utf8')).basePath).toBe('')
  expect(readFileSync(join(original, 'required-server-files.json'), 'utf8')).not.toContain('/a.b/c')
})

it('removes what killed processes left behind, and nothing of the living or of other containers', () => {
  const [world] = /(?<=bennu-pages-)[0-9a-f]{8}(?=-)/.exec(copy) as RegExpExecArray
  const names = {
    killed: `bennu-pages-${world}-4194305-abcdef`,
    // The number of a process before us, of which nothing is left.
    ownNumber: `bennu-pages-${world}-${process.pid}-abcdef`,
    living: `bennu-pages-${world}-${process.ppid}-abcdef`,
    elsewhere: 'bennu-pages-00000000-4194305-abcdef',
    elsewhereLongAgo: 'bennu-pages-00000000-4194306-abcdef',
  }
  for (const name of Object.values(names)) mkdirSync(join(folder, name))
  const daysAgo = new Date(Date.now() - 3 * 86_400_000)
  utimesSync(join(folder, names.elsewhereLongAgo), daysAgo, daysAgo)
  copyBuildForRoot(packageRoot(), '/other')
  const there = Object.entries(names).filter(([, name]) => existsSync(join(folder, name)))
  expect(there.map(([what]) => what)).toEqual(['living', 'elsewhere'])
})
