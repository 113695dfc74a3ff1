import { CircleSlash } from 'lucide-react'
import type { UserSummary } from '#server/users/model'
import { Badge } from '../ui/badge'

/** Whether an account may be used, and what it waits for. */
export function UserState({
  user,
}: {
  user: Pick<UserSummary, 'disabledAt' | 'disabledReason' | 'mustReset'>
}) {
  if (user.disabledAt !== null) {
    return (
      <Badge
        tone="danger"
        icon={<CircleSlash aria-hidden className="size-3" />}
        title={user.disabledReason ?? undefined}
      >
        disabled
      </Badge>
    )
  }
  if (user.mustReset) {
    return (
      <Badge tone="warn" title="Has to choose a password of their own at the next sign-in">
        must reset
      </Badge>
    )
  }
  return <span className="text-muted">active</span>
}
