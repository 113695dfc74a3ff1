import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { SNIPPETS, snippetFor } from './snippets'

const input = {
  httpUrl: 'http://localhost:6006',
  grpcUrl: 'http://localhost:4317',
  projectName: 'default',
  apiKey: 'k.e.y',
}

it.each(SNIPPETS)('%s names the server, the project and the key', (id) => {
  const { code } = snippetFor(id, input)
  expect(code).toContain(id === 'node-grpc' ? 'http://localhost:4317' : 'http://localhost:6006/v1/traces')
  expect(code).toContain('openinference.project.name')
  expect(code).toContain('Bearer k.e.y')
})

it.each(SNIPPETS)('%s sends no header where no key is asked for', (id) => {
  expect(snippetFor(id, { ...input, apiKey: null }).code.toLowerCase()).not.toContain('authorization')
})

const NASTY = 'it\'s "a" $(touch /tmp/never) `x` \\ \u2028 name'

it('keeps a nasty project name a string in JavaScript', () => {
  const { code } = snippetFor('node', { ...input, projectName: NASTY })
  const literal = /'openinference.project.name': (".*") \}/.exec(code)?.[1] as string
  expect(JSON.parse(literal)).toBe(NASTY.replace('\u2028', ' '))
})

it('keeps a nasty project name a string in the shell', () => {
  const { code } = snippetFor('curl', { ...input, projectName: NASTY })
  // In the place of curl, a function that prints what it is given to send.
  const sent = execFileSync('sh', ['-c', `curl() { cat; }\n${code}`], { encoding: 'utf8' })
  const body = JSON.parse(sent) as { resourceSpans: { resource: { attributes: { value: unknown }[] } }[] }
  expect(body.resourceSpans[0]?.resource.attributes[0]?.value).toEqual({
    stringValue: NASTY.replace('\u2028', ' '),
  })
})
