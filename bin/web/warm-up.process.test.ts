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

test('the projects page is made without a person, and no stranger gets it so', async () => {
  await until('the warm-up to be over', () => program.output().includes('the warm-up is over'), 90_000)
  const headers = { 'x-bennu-own': 'x' }
  const answer = await fetch(`${program.baseUrl}/projects`, { headers, redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/login?returnUrl=%2Fprojects'])
  expect(program.output()).not.toContain('could not be made')
})
