import { CircleCheck, TriangleAlert } from 'lucide-react'
import type { StatusCode } from '#server/traces/model'
import { Badge } from '../ui/badge'

/** OK or error; a span that says neither shows nothing. */
export function StatusBadge({ code, message }: { code: StatusCode; message?: string }) {
  if (code === 'UNSET') return null
  if (code === 'OK')
    return (
      <Badge tone="ok" icon={<CircleCheck aria-hidden className="size-3" />}>
        OK
      </Badge>
    )
  return (
    <Badge tone="danger" icon={<TriangleAlert aria-hidden className="size-3" />} title={message}>
      Error
    </Badge>
  )
}
