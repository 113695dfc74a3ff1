'use client'
import { CircleCheck, CircleSlash, KeySquare, Trash2, UserRound } from 'lucide-react'
import dynamic from 'next/dynamic'
import type { UserSummary } from '#server/users/model'
import type { MenuAction } from '../ui/menu'

const RoleDialog = dynamic(() => import('./role-dialog').then((m) => m.RoleDialog))
const ResetPasswordDialog = dynamic(() =>
  import('./reset-password-dialog').then((m) => m.ResetPasswordDialog),
)
const DisableDialog = dynamic(() => import('./disable-dialog').then((m) => m.DisableDialog))
const DeleteUserDialog = dynamic(() => import('./delete-user-dialog').then((m) => m.DeleteUserDialog))

/** What an admin is about to do with an account. */
export type UserDeed =
  | { kind: 'role'; user: UserSummary; role: UserSummary['role'] }
  | { kind: 'password' | 'disable' | 'delete'; user: UserSummary }

/** What can be done with an account; what cannot is there too, with the reason. */
export function userActions(
  user: UserSummary,
  onDeed: (deed: UserDeed) => void,
  onOpen?: () => void,
): MenuAction[] {
  const { whyNot } = user
  return [
    ...(onOpen
      ? [
          {
            id: 'open',
            label: 'Keys and sessions',
            icon: <UserRound className="size-4" />,
            onSelect: onOpen,
          },
        ]
      : []),
    {
      id: 'password',
      label: 'Reset password',
      icon: <KeySquare className="size-4" />,
      disabledWhy: whyNot.resetPassword,
      onSelect: () => onDeed({ kind: 'password', user }),
    },
    {
      id: 'disable',
      label: user.disabledAt === null ? 'Disable' : 'Enable',
      icon:
        user.disabledAt === null ? <CircleSlash className="size-4" /> : <CircleCheck className="size-4" />,
      disabledWhy: whyNot.disable,
      onSelect: () => onDeed({ kind: 'disable', user }),
    },
    {
      id: 'delete',
      label: 'Delete',
      icon: <Trash2 className="size-4" />,
      tone: 'danger',
      disabledWhy: whyNot.delete,
      onSelect: () => onDeed({ kind: 'delete', user }),
    },
  ]
}

interface UserDialogsProps {
  deed: UserDeed | null
  onClose: () => void
  /** After the account is gone. */
  onDeleted?: () => void
}

/** The dialog of what is about to be done. */
export function UserDialogs({ deed, onClose, onDeleted }: UserDialogsProps) {
  if (!deed) return null
  const props = { user: deed.user, onClose }
  if (deed.kind === 'role') return <RoleDialog {...props} role={deed.role} />
  if (deed.kind === 'password') return <ResetPasswordDialog {...props} />
  if (deed.kind === 'disable') return <DisableDialog {...props} />
  return <DeleteUserDialog {...props} onDeleted={onDeleted} />
}
