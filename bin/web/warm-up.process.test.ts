/** The running program makes pages that only the signed-in see, and nobody else gets them that way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, startProgram, until } from '../../test/program'

let program: Program
beforeAll(async () => {
  program = await startProgram({
    env: {
      PHOENIX_ENABLE_AUTH: 'true',
      PHOENIX_SECRET: 'warm-up-secret-0123456789-abcdefghijk',
      PHOENIX_LOGGING_LEVEL: 'debug',
    },
  })
})
afterAll(() => program.stop())

const isWarm = () => program.output().includes('pages are warm')

async function knock(): Promise<void> {
  for (const shown of ['', 'x', 'null', 'undefined', 'true']) {
    const answer = await fetch(`${program.baseUrl}/projects`, {
      headers: { 'x-bennu-own': shown },
      redirect: 'manual',
    })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/login?returnUrl=%2Fprojects'])
  }
}

test('the projects page is made for the server itself, and for no header of a stranger', async () => {
  await until('the pages to be warm', () => knock().then(isWarm), 30_000)
  await knock()
  expect(program.output()).not.toContain('could not be made')
  expect(program.output()).not.toContain('x-bennu-own')
})
