'use client'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { ApiError, api } from '../api'
import { withRoot } from '../root-path'
import { rememberWay, useLastWay } from '../sign-in/last-way'
import { LastUsed } from '../sign-in/provider-buttons'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { Link } from '../ui/link'
import { Notice } from '../ui/notice'

/** The two ways with a password: of an account here, and of the company's directory. */
const WAYS = {
  local: {
    path: '/auth/login',
    field: 'email',
    title: 'Sign in with an account here',
    label: 'E-mail',
    type: 'email',
    button: 'Sign in',
    missing: 'Enter your e-mail address',
    wrong: 'The e-mail address or the password is wrong.',
    clean: (text: string) => text.trim().toLowerCase(),
  },
  ldap: {
    path: '/auth/ldap/login',
    field: 'username',
    title: 'Sign in with your company account',
    label: 'Username',
    type: 'text',
    button: 'Sign in with LDAP',
    missing: 'Enter your username',
    wrong: 'The username or the password is wrong, or you may not use this server.',
    clean: (text: string) => text.trim(),
  },
} as const

type PasswordWay = keyof typeof WAYS

interface CredentialsFormProps {
  way: PasswordWay
  /** A path of ours. */
  returnUrl: string
  /** Whether the first field takes the focus. */
  isFirst: boolean
  /** Whether a lost password can be replaced by mail. */
  canForget?: boolean
  /** Called when somebody tries. */
  onTry: () => void
}

/** A name, a password, and one answer for whatever is wrong with them. */
export function CredentialsForm({ way, returnUrl, isFirst, canForget, onTry }: CredentialsFormProps) {
  const { path, field, title, label, type, button, missing, wrong, clean } = WAYS[way]
  const [failure, setFailure] = useState<unknown>(null)
  const isLast = useLastWay() === way
  const form = useForm({ defaultValues: { name: '', password: '' } })
  const signIn = form.handleSubmit(async ({ name, password }) => {
    setFailure(null)
    onTry()
    try {
      await api(path, { method: 'POST', body: { [field]: clean(name), password }, renew: false })
      rememberWay(way)
      location.assign(withRoot(returnUrl))
      // The page is being left: the button stays as it is until then.
      await new Promise(() => {})
    } catch (problem) {
      form.resetField('password')
      setFailure(problem)
    }
  })
  return (
    <Form label={title} onSubmit={signIn}>
      {failure !== null && <SignInFailure error={failure} wrong={wrong} />}
      <FormField
        control={form.control}
        name="name"
        rules={{ validate: (text) => text.trim() !== '' || missing }}
        label={label}
        type={type}
        autoComplete="username"
        autoFocus={isFirst}
      />
      <FormField
        control={form.control}
        name="password"
        rules={{ required: 'Enter your password' }}
        label="Password"
        type="password"
        autoComplete="current-password"
      />
      <Button
        type="submit"
        variant={isFirst ? 'primary' : 'secondary'}
        isPending={form.formState.isSubmitting}
      >
        {button}
        {isLast && <LastUsed />}
      </Button>
      {canForget && (
        <Link href="/forgot-password" className="self-center rounded-sm text-accent hover:underline">
          Forgot your password?
        </Link>
      )}
    </Form>
  )
}

/** One text for every wrong sign-in, so that nobody learns which accounts exist. */
function SignInFailure({ error, wrong }: { error: unknown; wrong: string }) {
  const status = error instanceof ApiError ? error.status : -1
  if (status === 401 || status === 422) return <Notice tone="danger">{wrong}</Notice>
  if (status === 429)
    return <Notice tone="danger">Too many attempts. Wait a few minutes and try again.</Notice>
  return <Failure what="Signing in did not work." error={error} />
}
