import { pino } from 'pino'
import { expect, test } from 'vitest'
import { downgrade, migrate } from '#server/db/migrate'
import { createEmptyDatabase, openTestDatabase } from '../../test/database'
import { runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const NOW = new Date(1_700_000_000_000)

test('going down gives back what was being sent, and keeps what was sent; going up changes neither', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const { users, passwordResetTokens: tokens } = db.t
  const times = { createdAt: NOW, updatedAt: NOW }
  const row = { purpose: 'invitation' as const, createdAt: NOW, expiresAt: NOW }
  await db.write(async (tx) => {
    for (const [id, username] of [
      [1, 'ada'],
      [2, 'bob'],
    ] as const)
      await tx.insert(users).values({ id, username, role: 'MEMBER', authMethod: 'LOCAL', ...times })
    await tx.insert(tokens).values({ ...row, userId: 1, tokenHash: 'sent' })
    await tx.insert(tokens).values({ ...row, userId: 2, tokenHash: 'claimed', claimedUntil: NOW })
  })
  const hashes = async () =>
    (await runSql(config, 'select token_hash from password_reset_tokens order by user_id')).map(
      (one) => one.token_hash,
    )
  await downgrade(config, { to: 9 }, log)
  expect(await hashes()).toEqual(['sent', null])
  await migrate(config, log)
  expect(await hashes()).toEqual(['sent', null])
  expect((await db.read.select().from(tokens)).map(({ claimedUntil }) => claimedUntil)).toEqual([null, null])
})
