'use client'
import type { UserSummary } from '#server/users/model'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { notify } from '../ui/notify'
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
    change.mutate(
      { role },
      {
        onSuccess: () => {
          onClose()
          void notify(`${user.username} is ${article(role)} now`)
        },
      },
    )
  const { username, sessionCount, keyCount } = user
  return (
    <Dialog title={`Make ${username} ${article(role)}?`} role="alertdialog" isOpen onClose={onClose}>
      <div className="flex flex-col gap-3">
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
        {change.isError && <Failure what="The role was not changed." error={change.error} />}
      </div>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="primary" onPress={confirm} isPending={change.isPending}>
          Change role
        </Button>
      </DialogActions>
    </Dialog>
  )
}

const article = (role: string) => (role === 'ADMIN' ? 'an admin' : `a ${roleWord(role)}`)
