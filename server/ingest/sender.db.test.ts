import { beforeAll, expect, it } from 'vitest'
import { admitSender } from '#server/ingest/sender'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let who: Principals
beforeAll(async () => {
  runtime = await createTestRuntime()
  who = await createPrincipals(runtime)
})

const admit = (read = runtime.db.read) =>
  admitSender(
    { ...runtime, db: { ...runtime.db, read } },
    { authorization: who['system key MEMBER full'].headers.authorization ?? null, accessCookie: null },
    { requestId: 'r', address: '192.0.2.7', userAgent: null },
  )

it('lets in who may send', async () => expect(await admit()).toBeUndefined())

// A password that was changed, a statement cut off, memory, a disk: exporters give up on a 500, and try a 503 again.
it.each(['28P01', '57014', '53200', 'SQLITE_IOERR_READ', 'CERT_HAS_EXPIRED'])(
  'asks to come again when the credential cannot be checked for %s',
  async (code) => {
    const select = () => {
      throw Object.assign(new Error('no'), { code })
    }
    const read = { select, execute: select } as unknown as typeof runtime.db.read
    await expect(admit(read)).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 })
  },
)
