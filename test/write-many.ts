/** A process that writes many projects in transactions of their own: argv holds the database (JSON), a prefix, a count. */
import type { DatabaseConfig } from '#server/config/model'
import { openDatabase } from '#server/db/open'

const [config = '', prefix = '', count = ''] = process.argv.slice(2)
const db = await openDatabase(JSON.parse(config) as DatabaseConfig, { applicationName: 'bennu test writer' })
const now = new Date()
await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    db.write((tx) =>
      tx.insert(db.t.projects).values({ name: `${prefix}${index}`, createdAt: now, updatedAt: now }),
    ),
  ),
)
await db.close()
