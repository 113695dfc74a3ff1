import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { getAuditEntry } from '#server/audit/list'
import { AuditEntryJson } from '#server/audit/wire'
import { RowId } from '#server/query'

export const GET = route({
  can: 'audit.read',
  params: z.object({ entry_number: RowId }),
  run: async ({ ctx, params }) => ({ data: await getAuditEntry(ctx, params.entry_number) }),
  summary: 'Read one entry of the audit log',
  response: z.object({ data: AuditEntryJson }),
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
