import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { EXPORT_FORMATS, exportAudit } from '#server/audit/export'
import { AUDIT_FILTERS, questionOf } from '#server/audit/query'

const TYPES = { jsonl: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8; header=present' }

export const GET = route({
  can: 'audit.export',
  query: z.object({ ...AUDIT_FILTERS, format: z.enum(EXPORT_FORMATS).default('jsonl') }),
  run: ({ ctx, query }) => exportAudit(ctx, { format: query.format, question: questionOf(query) }),
  write: (stream, { ctx, query: { format } }) => {
    const day = ctx.clock().toISOString().slice(0, 10)
    return new Response(stream, {
      headers: {
        'content-type': TYPES[format],
        'content-disposition': `attachment; filename="bennu-audit-${day}.${format}"`,
      },
    })
  },
  summary: 'Download the audit log, oldest first, as lines of JSON or as CSV',
})

export const { POST, PUT, PATCH, DELETE } = otherMethods('GET')
