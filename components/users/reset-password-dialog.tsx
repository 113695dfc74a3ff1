'use client'
import { useState } from 'react'
import { passwordHints } from '#server/auth/password-model'
import type { UserSummary } from '#server/users/model'
import { generatePassword } from '../account/generate-password'
import { ApiError } from '../api'
import { plural } from '../format'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { notify } from '../ui/notify'
import { useChangeUser, useMailLink } from './hooks'
import { NewPassword, type PasswordSource } from './new-password'
import { PasswordOnce } from './password-once'
import { usePasswordPolicy } from './password-policy'

/** Sets somebody's password, to be changed at their next sign-in. */
export function ResetPasswordDialog({ user, onClose }: { user: UserSummary; onClose: () => void }) {
  const change = useChangeUser(user.id)
  const link = useMailLink(user.id)
  const policy = usePasswordPolicy()
  const rules = { ...policy, username: user.username, email: user.email }
  const [source, setSource] = useState<PasswordSource>(policy.mail ? 'mailed' : 'generated')
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string>()
  const [made, setMade] = useState<string | null>(null)

  const mailLink = () =>
    link.mutate(undefined, {
      onSuccess: (outcome) => {
        if (!outcome.ok) return setError(outcome.sentence)
        onClose()
        void notify(`A link was mailed to ${user.username}`)
      },
    })
  const submit = () => {
    if (source === 'mailed') return mailLink()
    const missing = source === 'typed' ? passwordHints(typed, rules) : []
    setError(missing.length > 0 ? `The password needs ${missing.join(', ')}` : undefined)
    if (missing.length > 0) return
    const password = source === 'typed' ? typed : generatePassword()
    change.mutate(
      { password },
      {
        onSuccess: () => {
          if (source === 'generated') return setMade(password)
          onClose()
          void notify(`The password of ${user.username} was set`)
        },
        onError: (problem) => {
          if (problem instanceof ApiError && problem.status === 422) setError(problem.message)
        },
      },
    )
  }

  if (made !== null) {
    return (
      <PasswordOnce
        title="The new password"
        username={user.username}
        email={user.email}
        password={made}
        onDone={onClose}
      />
    )
  }
  return (
    <Dialog
      title={`Reset the password of ${user.username}?`}
      isOpen
      onClose={onClose}
      isDismissable={typed === ''}
    >
      <Form onSubmit={submit}>
        {source === 'mailed' ? (
          <p>
            The old password works until the link is used; then every session ends. API keys stay as they are.
          </p>
        ) : (
          <p>
            The old password stops working
            {user.sessionCount > 0 &&
              ` and ${plural(user.sessionCount, 'session')} ${user.sessionCount === 1 ? 'ends' : 'end'}`}
            . The new one has to be changed at the next sign-in; API keys stay as they are.
          </p>
        )}
        <NewPassword
          source={source}
          onSource={(wanted) => {
            setSource(wanted)
            setError(undefined)
          }}
          password={typed}
          onPassword={setTyped}
          rules={rules}
          error={error}
        />
        {link.isError && <Failure what="The link was not mailed." error={link.error} />}
        {change.isError && !error && <Failure what="The password was not set." error={change.error} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={change.isPending || link.isPending}>
            {source === 'mailed' ? 'Mail the link' : 'Reset password'}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}
