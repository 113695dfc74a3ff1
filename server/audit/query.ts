/** The filters of the audit log as REST takes them. */
import { z } from 'zod'
import type { AuditQuestion } from '#server/audit/filter'
import { AUDIT_ACTION_NAMES, OUTCOMES } from '#server/audit/model'
import { OptionalQueryText, TimeParam } from '#server/query'

const MAX_TEXT = 500
const Text = OptionalQueryText.refine((text) => (text ?? '').length <= MAX_TEXT, 'At most 500 characters')

export const AUDIT_FILTERS = {
  action: z.enum(AUDIT_ACTION_NAMES).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  actor: Text.meta({ description: 'Who asked: an id, a username or an e-mail address' }),
  target: Text.meta({ description: 'What it was done to: an id, a username or an e-mail address' }),
  address: Text.meta({ description: 'The IP address it came from' }),
  from: TimeParam,
  until: TimeParam,
}

type Filters = z.infer<z.ZodObject<typeof AUDIT_FILTERS>>

/** The question that a query asks. */
export function questionOf({ action, outcome, actor, target, address, from, until }: Filters): AuditQuestion {
  return {
    action,
    outcome,
    actor: actor?.trim(),
    target: target?.trim(),
    address: address?.trim(),
    from,
    until,
  }
}
