'use client'
import { useEffect, useState } from 'react'
import { useForm, type Validate } from 'react-hook-form'
import { type PasswordRules, passwordHints } from '#server/auth/password-model'
import { ApiError, api } from '../api'
import { withRoot } from '../root-path'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { Link } from '../ui/link'
import { Notice } from '../ui/notice'
import { PasswordMeter } from './password-meter'

interface Passwords {
  next: string
  confirm: string
}

interface TokenPasswordFormProps {
  /** As it was mailed. */
  token: string
  rules: PasswordRules
  /** Whether another link can be had by mail. */
  canAskAgain: boolean
}

/** Chooses a password with a mailed link. */
export function TokenPasswordForm({ token, rules, canAskAgain }: TokenPasswordFormProps) {
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Passwords>({ defaultValues: { next: '', confirm: '' } })
  useEffect(forgetToken, [])

  const choose = form.handleSubmit(async ({ next }) => {
    setFailure(null)
    try {
      await api('/auth/password-reset', { method: 'POST', body: { token, password: next }, renew: false })
      location.assign(withRoot('/login?message=password_reset'))
      // The page is being left: the button stays as it is until then.
      await new Promise(() => {})
    } catch (problem) {
      const fault = problem instanceof ApiError && problem.status === 422 ? problem.message : null
      if (fault) form.setError('next', { message: fault }, { shouldFocus: true })
      else setFailure(problem)
    }
  })

  const validate: { [Name in keyof Passwords]: Validate<string, Passwords> } = {
    next: (text) => {
      const missing = passwordHints(text, rules)
      return missing.length === 0 || `The password needs ${missing.join(', ')}`
    },
    confirm: (text, all) => text === all.next || 'This differs from the new password',
  }
  const field = (name: keyof Passwords, label: string, first: boolean) => (
    <FormField
      control={form.control}
      name={name}
      rules={{ validate: validate[name] }}
      label={label}
      type="password"
      autoComplete="new-password"
      autoFocus={first}
    />
  )
  return (
    <Form onSubmit={choose}>
      {failure !== null && <TokenFailure error={failure} canAskAgain={canAskAgain} />}
      {field('next', 'New password', true)}
      <PasswordMeter password={form.watch('next')} rules={rules} />
      {field('confirm', 'New password again', false)}
      <Button type="submit" variant="primary" isPending={form.formState.isSubmitting}>
        Set password
      </Button>
    </Form>
  )
}

function TokenFailure({ error, canAskAgain }: { error: unknown; canAskAgain: boolean }) {
  if (!(error instanceof ApiError) || error.status !== 401)
    return <Failure what="The password was not set." error={error} />
  return (
    <Notice tone="danger">
      This link does not work any more: it was used, is too old, or a newer one was sent.{' '}
      {canAskAgain ? (
        <Link href="/forgot-password" className="rounded-sm font-medium underline">
          Send a new link
        </Link>
      ) : (
        'Ask an admin for a new one.'
      )}
    </Notice>
  )
}

/** Takes the token out of the address, so that neither the history nor a screenshot keeps it. */
function forgetToken() {
  const url = new URL(location.href)
  url.searchParams.delete('token')
  history.replaceState(history.state, '', url)
}
