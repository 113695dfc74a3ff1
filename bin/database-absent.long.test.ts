import { expect, it } from 'vitest'
import { runBennu } from '../test/program'

it('gives up on a PostgreSQL that never answers, with exit 1 and a sentence', async () => {
  const env = { PHOENIX_SQL_DATABASE_URL: 'postgresql://ann:hidden@127.0.0.1:1/traces', PHOENIX_PORT: '0' }
  const { code, stderr } = await runBennu(['serve'], env)
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^bennu: the database postgresql:\/\/ann:\*+@127\.0\.0\.1:1\/traces did not answer within 30 s: /m,
  )
  expect(stderr).not.toContain('hidden')
})
