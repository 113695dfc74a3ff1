import { pino } from 'pino'
import { expect, test } from 'vitest'
import { downgrade, migrate } from '#server/db/migrate'
import { createEmptyDatabase } from '../../test/database'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })

test('going down and up again keeps every entry and brings the lookups back', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const at = config.dialect === 'sqlite' ? '1767225600000' : "'2026-01-01T00:00:00Z'"
  await runSql(
    config,
    `insert into audit_events (id, at, action, outcome, actor_kind, details, personal_digest, hash)
     values (1, ${at}, 'session.login', 'failure', 'anonymous', '{}', 'd', 'h')`,
  )
  const before = await describeTables(config)
  const entries = () => runSql(config, 'select * from audit_events')
  const kept = await entries()
  await downgrade(config, { to: 7 }, log)
  expect(await entries()).toEqual(kept)
  expect(await describeTables(config)).not.toEqual(before)
  await migrate(config, log)
  expect(await describeTables(config)).toEqual(before)
  expect(await entries()).toEqual(kept)
})
