'use client'
import { useState } from 'react'
import { useForm, type Validate } from 'react-hook-form'
import { type PasswordRules, passwordHints } from '#server/auth/password-model'
import { ApiError, api } from '../api'
import { withRoot } from '../root-path'
import { Button } from '../ui/button'
import { buttonClass } from '../ui/button-class'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { Link } from '../ui/link'
import { PasswordMeter } from './password-meter'

interface Passwords {
  current: string
  next: string
  confirm: string
}

/** What the page can tell at once; the server has the last word. */
function checksFor(rules: PasswordRules): { [Name in keyof Passwords]: Validate<string, Passwords> } {
  return {
    current: (text) => text !== '' || 'Enter your present password',
    next: (text, all) => {
      const missing = passwordHints(text, rules)
      if (missing.length > 0) return `The password needs ${missing.join(', ')}`
      return text !== all.current || 'This is the present password'
    },
    confirm: (text, all) => text === all.next || 'This differs from the new password',
  }
}

interface PasswordFormProps {
  rules: PasswordRules
  returnUrl: string
  /** Whether one may leave the page without having changed it. */
  canCancel: boolean
}

/** Changes one's own password; every session of the account ends, this one too. */
export function PasswordForm({ rules, returnUrl, canCancel }: PasswordFormProps) {
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Passwords>({ defaultValues: { current: '', next: '', confirm: '' } })
  const checks = checksFor(rules)
  const next = form.watch('next')

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

  const field = (name: keyof Passwords, label: string, autoComplete: string) => (
    <FormField
      control={form.control}
      name={name}
      rules={{ validate: checks[name] }}
      label={label}
      type="password"
      autoComplete={autoComplete}
    />
  )
  return (
    <Form onSubmit={change}>
      {failure !== null && <Failure what="The password was not changed." error={failure} />}
      {/* For password managers, which otherwise store the password without its account. */}
      <input type="email" autoComplete="username" value={rules.email ?? rules.username} readOnly hidden />
      {field('current', 'Present password', 'current-password')}
      {field('next', 'New password', 'new-password')}
      <PasswordMeter password={next} rules={rules} />
      {field('confirm', 'New password again', 'new-password')}
      <div className="flex justify-end gap-2">
        {canCancel ? (
          <Link href={returnUrl} className={buttonClass('quiet')}>
            Cancel
          </Link>
        ) : (
          <a href={withRoot('/auth/logout')} className={buttonClass('quiet')}>
            Sign out
          </a>
        )}
        <Button type="submit" variant="primary" isPending={form.formState.isSubmitting}>
          Change password
        </Button>
      </div>
    </Form>
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
