'use client'
import { useState } from 'react'
import { Controller, useForm, type Validate } from 'react-hook-form'
import { ApiError, api } from '../api'
import { withRoot } from '../root-path'
import { Button } from '../ui/button'
import { buttonClass } from '../ui/button-class'
import { Failure } from '../ui/failure'
import { TextField } from '../ui/text-field'

interface Passwords {
  current: string
  next: string
  confirm: string
}

/** What the page can tell at once; the server has the last word. */
function rulesFor(minLength: number): { [Name in keyof Passwords]: Validate<string, Passwords> } {
  return {
    current: (text) => text !== '' || 'Enter your present password',
    next: (text, all) => {
      if ([...text].length < minLength) return `At least ${minLength} characters`
      return text !== all.current || 'This is the present password'
    },
    confirm: (text, all) => text === all.next || 'This differs from the new password',
  }
}

interface PasswordFormProps {
  email: string
  minLength: number
  returnUrl: string
}

/** Changes one's own password; every session of the account ends, this one too. */
export function PasswordForm({ email, minLength, returnUrl }: PasswordFormProps) {
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Passwords>({ defaultValues: { current: '', next: '', confirm: '' } })
  const rules = rulesFor(minLength)

  const change = form.handleSubmit(async ({ current, next }) => {
    setFailure(null)
    try {
      await api('/v1/user', {
        method: 'PATCH',
        body: { user: { password: next, current_password: current } },
        renew: false,
      })
      const wanted = returnUrl === '/' ? '' : `&returnUrl=${encodeURIComponent(returnUrl)}`
      location.assign(withRoot(`/login?message=password_reset${wanted}`))
      await new Promise(() => {})
    } catch (problem) {
      const fault = faultOf(problem)
      if (fault) form.setError(fault.field, { message: fault.message }, { shouldFocus: true })
      else setFailure(problem)
    }
  })

  const field = (name: keyof Passwords, label: string, autoComplete: string, hint?: string) => (
    <Controller
      control={form.control}
      name={name}
      rules={{ validate: rules[name] }}
      render={({ field: bound, fieldState }) => (
        <TextField
          {...bound}
          label={label}
          hint={hint}
          type="password"
          autoComplete={autoComplete}
          error={fieldState.error?.message}
        />
      )}
    />
  )
  return (
    // Sent before the script has taken over, it must not become an address with the password in it.
    <form method="post" onSubmit={change} noValidate className="flex flex-col gap-4">
      {failure !== null && <Failure what="The password was not changed." error={failure} />}
      {/* For password managers, which otherwise store the password without its account. */}
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      {field('current', 'Present password', 'current-password')}
      {field(
        'next',
        'New password',
        'new-password',
        `At least ${minLength} characters, and none of the well-known ones`,
      )}
      {field('confirm', 'New password again', 'new-password')}
      <div className="flex justify-end gap-2">
        <a href={withRoot('/auth/logout')} className={buttonClass('quiet')}>
          Sign out
        </a>
        <Button type="submit" variant="primary" isPending={form.formState.isSubmitting}>
          Change password
        </Button>
      </div>
    </form>
  )
}

/** The field a server's refusal belongs to. */
function faultOf(problem: unknown): { field: 'current' | 'next'; message: string } | null {
  if (!(problem instanceof ApiError) || problem.status >= 500) return null
  const last = problem.faults[0]?.loc.at(-1)
  if (last === 'current_password') return { field: 'current', message: problem.message }
  if (last === 'password') return { field: 'next', message: problem.message }
  if (problem.status === 401 || problem.status === 403) return { field: 'current', message: problem.message }
  return null
}
