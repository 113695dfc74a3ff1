/** Pages get their policy from the middleware, everything else from the listener: no path from both, none from neither. */
import { readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { setAnswerHeaders } from '#server/listener/answer-headers'
import { PAGE_MATCHER, TOP_LEVEL_PATHS } from '#server/top-level-paths'
import { config } from '../middleware'
import { testConfig } from './runtime'

const isPage = (path: string) => config.matcher.some((pattern) => new RegExp(`^${pattern}$`).test(path))

function listenerSetsPolicy(path: string): boolean {
  const names: string[] = []
  const response = { setHeader: (name: string) => names.push(name) } as unknown as ServerResponse
  setAnswerHeaders(response, path, 'id', testConfig(), true)
  return names.includes('content-security-policy')
}

it('the middleware spells out what the list says', () => {
  expect(config.matcher).toEqual([PAGE_MATCHER])
})

it.each([
  '/v1/traces',
  '/v1',
  '/api/anything',
  '/auth/login',
  '/oauth2/x/login',
  '/ui/projects',
  '/_next/static/chunks/a.js',
  '/healthz',
  '/readyz',
  '/arize_phoenix_version',
  '/openapi.json',
  '/favicon.ico',
])('%s is for machines', (path) => {
  expect([isPage(path), listenerSetsPolicy(path)]).toEqual([false, true])
})

it.each([
  '/',
  '/login',
  '/projects',
  '/projects/1/traces/2',
  '/settings/api-keys',
  '/v1x',
  '/uix',
  '/authors',
  '/nothing',
])('%s is a page', (path) => {
  expect([isPage(path), listenerSetsPolicy(path)]).toEqual([true, false])
})

const foldersOf = (path: string) =>
  readdirSync(new URL(`../app/${path}`, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name)
/** A folder in round brackets is no part of the address, and holds pages. */
const isGroup = (folder: string) => folder.startsWith('(')
const machineFolders = foldersOf('').filter((folder) => !isGroup(folder))
const pageFolders = foldersOf('')
  .filter(isGroup)
  .flatMap((group) => foldersOf(group))

it.each([...machineFolders, ...pageFolders])('/%s is no path prefix to choose', (folder) => {
  expect(TOP_LEVEL_PATHS.has(folder)).toBe(true)
})

const listenerSource = readFileSync(new URL('../bin/web/listener.ts', import.meta.url), 'utf8')
const answeredAlone = [...listenerSource.matchAll(/path === '\/([^/']+)/g)].map((match) => match[1] as string)

it('what the listener answers by itself is no path prefix to choose either', () => {
  expect(answeredAlone).toContain('healthz')
  for (const path of answeredAlone) expect(TOP_LEVEL_PATHS).toContain(path)
})

it.each(machineFolders)('what lies below /%s is for machines', (folder) => {
  expect([isPage(`/${folder}/x`), listenerSetsPolicy(`/${folder}/x`)]).toEqual([false, true])
})

it.each(pageFolders)('what lies below /%s is a page', (folder) => {
  expect([isPage(`/${folder}/x`), listenerSetsPolicy(`/${folder}/x`)]).toEqual([true, false])
})
