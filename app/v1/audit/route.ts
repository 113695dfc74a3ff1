import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { listAuditEntries } from '#server/audit/list'
import { AUDIT_FILTERS, questionOf } from '#server/audit/query'
import { AuditPageJson } from '#server/audit/wire'
import { CursorParam, limitParam } from '#server/query'

export const GET = route({
  can: 'audit.read',
  query: z.object({ ...AUDIT_FILTERS, cursor: CursorParam, limit: limitParam({ default: 100, max: 1000 }) }),
  run: ({ ctx, query }) => {
    const { cursor, limit } = query
    return listAuditEntries(ctx, { question: questionOf(query), cursor, limit })
  },
  summary: 'List what was done, newest first',
  response: AuditPageJson,
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
