'use client'
import { useEffect, useState } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { ApiError, api, renewSession } from '../api'
import { withRoot } from '../root-path'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Link } from '../ui/link'
import { Notice } from '../ui/notice'
import { TextField } from '../ui/text-field'

interface Credentials {
  email: string
  password: string
}

interface LoginFormProps {
  /** A path of ours. */
  returnUrl: string
  message: string | null
  error: string | null
  /** Whether cookies are Secure while the page came by plain http. */
  cookiesCannotStick: boolean
  /** Whether there is a refresh cookie with which a session may be renewed without a password. */
  mayRenew: boolean
  /** Whether a lost password can be replaced by mail. */
  canForget: boolean
}

/** Sign-in by e-mail and password. */
export function LoginForm({
  returnUrl,
  message,
  error,
  cookiesCannotStick,
  mayRenew,
  canForget,
}: LoginFormProps) {
  const [notes, setNotes] = useState({ message, error })
  const [failure, setFailure] = useState<unknown>(null)
  const form = useForm<Credentials>({ defaultValues: { email: '', password: '' } })
  useSilentRenewal(mayRenew && !message && !error, returnUrl)

  const signIn = form.handleSubmit(async ({ email, password }) => {
    setFailure(null)
    setNotes({ message: null, error: null })
    forgetNotes()
    try {
      await api('/auth/login', {
        method: 'POST',
        body: { email: email.trim().toLowerCase(), password },
        renew: false,
      })
      location.assign(withRoot(returnUrl))
      // The page is being left: the button stays as it is until then.
      await new Promise(() => {})
    } catch (problem) {
      form.resetField('password')
      setFailure(problem)
    }
  })

  return (
    // Sent before the script has taken over, it must not become an address with the password in it.
    <form method="post" onSubmit={signIn} noValidate className="flex flex-col gap-4">
      {cookiesCannotStick && <PlainHttpHint />}
      {notes.message && <Notice tone="ok">{notes.message}</Notice>}
      {notes.error && <Notice tone="danger">{notes.error}</Notice>}
      {failure !== null && <LoginFailure error={failure} />}
      <Controller
        control={form.control}
        name="email"
        rules={{ validate: (text) => text.trim() !== '' || 'Enter your e-mail address' }}
        render={({ field, fieldState }) => (
          <TextField
            {...field}
            label="E-mail"
            type="email"
            autoComplete="username"
            autoFocus
            error={fieldState.error?.message}
          />
        )}
      />
      <Controller
        control={form.control}
        name="password"
        rules={{ required: 'Enter your password' }}
        render={({ field, fieldState }) => (
          <TextField
            {...field}
            label="Password"
            type="password"
            autoComplete="current-password"
            error={fieldState.error?.message}
          />
        )}
      />
      <Button type="submit" variant="primary" isPending={form.formState.isSubmitting}>
        Sign in
      </Button>
      {canForget && (
        <Link href="/forgot-password" className="self-center rounded-sm text-accent hover:underline">
          Forgot your password?
        </Link>
      )}
    </form>
  )
}

/** One text for every wrong sign-in, so that nobody learns which accounts exist. */
function LoginFailure({ error }: { error: unknown }) {
  const status = error instanceof ApiError ? error.status : -1
  if (status === 401 || status === 422)
    return <Notice tone="danger">The e-mail address or the password is wrong.</Notice>
  if (status === 429)
    return <Notice tone="danger">Too many attempts. Wait a few minutes and try again.</Notice>
  return <Failure what="Signing in did not work." error={error} />
}

/** Why signing in cannot stick: browsers drop Secure cookies on plain http, except on the machine itself. */
function PlainHttpHint() {
  return (
    <Notice tone="warn">
      This server marks its cookies Secure, and this page came by plain http: the browser will not keep you
      signed in. Open the server by https, or start it with{' '}
      <code className="font-mono text-xs">PHOENIX_USE_SECURE_COOKIES=false</code>.
    </Notice>
  )
}

/** Takes known codes out of the address, so that a reload does not show them again. */
function forgetNotes() {
  const url = new URL(location.href)
  url.searchParams.delete('message')
  url.searchParams.delete('error')
  history.replaceState(history.state, '', url)
}

const RENEWED_AT = 'bennu.renewedAt'

/** Renews an expired session once; not twice within a minute, so that nothing can go round in circles. */
function useSilentRenewal(wanted: boolean, returnUrl: string) {
  useEffect(() => {
    if (!wanted || Date.now() - Number(sessionStorage.getItem(RENEWED_AT) ?? 0) < 60_000) return
    sessionStorage.setItem(RENEWED_AT, String(Date.now()))
    void renewSession(performance.timeOrigin).then((renewed) => {
      if (renewed) location.replace(withRoot(returnUrl))
    })
  }, [wanted, returnUrl])
}
