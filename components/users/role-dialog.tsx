'use client'
import type { UserSummary } from '#server/users/model'
import { plural } from '../format'
import { ConfirmDialog } from '../ui/confirm-dialog'
import { closeAndSay } from '../ui/notify'
import { useChangeUser } from './hooks'
import { ROLES, roleWord } from './words'

interface RoleDialogProps {
  user: UserSummary
  role: UserSummary['role']
  onClose: () => void
}

/** Asks before somebody's role changes, which ends their sessions. */
export function RoleDialog({ user, role, onClose }: RoleDialogProps) {
  const change = useChangeUser(user.id)
  const confirm = () =>
    change.mutate({ role }, closeAndSay(onClose, `${user.username} is ${article(role)} now`))
  const { username, sessionCount, keyCount } = user
  return (
    <ConfirmDialog
      title={`Make ${username} ${article(role)}?`}
      action="Change role"
      tone="primary"
      deed={change}
      failure="The role was not changed."
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        From {roleWord(user.role)} to <span className="font-medium">{roleWord(role)}</span>.{' '}
        {ROLES.find((option) => option.value === role)?.hint}
      </p>
      <p>
        {sessionCount > 0
          ? `This ends ${plural(sessionCount, 'session')}: they sign in again. `
          : 'They are signed in nowhere. '}
        {keyCount > 0 &&
          `Their ${plural(keyCount, 'API key')} may do what the new role may, from the next request on.`}
      </p>
    </ConfirmDialog>
  )
}

const article = (role: string) => (role === 'ADMIN' ? 'an admin' : `a ${roleWord(role)}`)
