'use client'
import { useState } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { type PasswordRules, passwordHints } from '#server/auth/password-model'
import type { Role } from '#server/permissions'
import { Email, Username } from '#server/users/model'
import { generatePassword } from '../account/generate-password'
import { ApiError } from '../api'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { notify } from '../ui/notify'
import { useCreateUser } from './hooks'
import { NewPassword, type PasswordSource } from './new-password'
import { PasswordOnce } from './password-once'
import { usePasswordPolicy } from './password-policy'
import { ROLES } from './words'

interface NewUser {
  email: string
  username: string
  role: Role
  source: PasswordSource
  password: string
}

type Shown = Pick<NewUser, 'email' | 'username' | 'password'>

/** The form of a new account that signs in by e-mail and password. What was typed stays when the server refuses it. */
export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateUser()
  const policy = usePasswordPolicy()
  const [made, setMade] = useState<Shown | null>(null)
  const form = useForm<NewUser>({
    defaultValues: {
      email: '',
      username: '',
      role: 'MEMBER',
      source: policy.mail ? 'mailed' : 'generated',
      password: '',
    },
  })
  const [source, username, email] = form.watch(['source', 'username', 'email'])
  const rules: PasswordRules = { ...policy, username, email }

  const submit = form.handleSubmit(async (input) => {
    const person = { email: input.email.trim(), username: input.username.trim(), role: input.role }
    const password = input.source === 'generated' ? generatePassword() : input.password
    const user = { ...person, password: input.source === 'mailed' ? null : password }
    try {
      await create.mutateAsync(user)
    } catch (problem) {
      return showFault(problem, (field, message) => form.setError(field, { message }, { shouldFocus: true }))
    }
    if (input.source === 'generated') return setMade({ ...person, password })
    onClose()
    void notify(`${user.username} was ${input.source === 'mailed' ? 'invited by mail' : 'added'}`)
  })

  if (made) {
    return <PasswordOnce title={`${made.username} was added`} {...made} onDone={onClose} />
  }
  const hasFault = Object.keys(form.formState.errors).length > 0
  return (
    <Dialog title="Add user" isOpen onClose={onClose} isDismissable={!form.formState.isDirty}>
      <Form onSubmit={submit}>
        <p className="text-muted">
          They sign in with their e-mail address and a password of their own choice.
        </p>
        {create.isError && !hasFault && <Failure what="The user was not added." error={create.error} />}
        <FormField
          control={form.control}
          name="email"
          rules={{ validate: (text) => judge(Email, text) }}
          label="E-mail"
          type="email"
          hint="It cannot be changed later."
          autoComplete="off"
          autoFocus
        />
        <FormField
          control={form.control}
          name="username"
          rules={{ validate: (text) => judge(Username, text) }}
          label="Username"
          hint="What others see; they can change it."
          autoComplete="off"
        />
        <Controller
          control={form.control}
          name="role"
          render={({ field }) => (
            <Choice
              label="Role"
              layout="cards"
              options={ROLES}
              value={field.value}
              onChange={field.onChange}
            />
          )}
        />
        <Controller
          control={form.control}
          name="password"
          rules={{ validate: (text) => source !== 'typed' || sentenceOf(passwordHints(text, rules)) }}
          render={({ field, fieldState }) => (
            <NewPassword
              source={source}
              onSource={(wanted) => {
                form.setValue('source', wanted, { shouldDirty: true })
                form.clearErrors('password')
              }}
              password={field.value}
              onPassword={field.onChange}
              rules={rules}
              error={fieldState.error?.message}
            />
          )}
        />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={create.isPending}>
            Add user
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}

/** True, or what the server would say. */
function judge(schema: typeof Email | typeof Username, text: string): true | string {
  const parsed = schema.safeParse(text)
  return parsed.success || (parsed.error.issues[0]?.message ?? 'This cannot be used')
}

const sentenceOf = (missing: string[]) => missing.length === 0 || `The password needs ${missing.join(', ')}`

type FieldName = 'email' | 'username' | 'role' | 'password'
const FIELDS: readonly string[] = ['email', 'username', 'role', 'password'] satisfies FieldName[]

/** Puts the server's refusals on the fields they are about; a conflict says in words which one it is. */
function showFault(problem: unknown, show: (field: FieldName, message: string) => void) {
  if (!(problem instanceof ApiError)) return
  for (const fault of problem.faults) {
    const field = String(fault.loc.at(-1))
    if (FIELDS.includes(field)) show(field as FieldName, fault.msg)
  }
  if (problem.status === 409) show(/name/i.test(problem.message) ? 'username' : 'email', problem.message)
}
