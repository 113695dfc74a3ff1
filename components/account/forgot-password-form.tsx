'use client'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { api } from '../api'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { Link } from '../ui/link'
import { Notice } from '../ui/notice'

/** Asks for a mail with a link. Says the same whoever has an account. */
export function ForgotPasswordForm() {
  const [failure, setFailure] = useState<unknown>(null)
  const [sentTo, setSentTo] = useState<string | null>(null)
  const form = useForm<{ email: string }>({ defaultValues: { email: '' } })

  const ask = form.handleSubmit(async ({ email }) => {
    setFailure(null)
    try {
      await api('/auth/password-reset-email', {
        method: 'POST',
        body: { email: email.trim().toLowerCase() },
        renew: false,
      })
      setSentTo(email.trim())
    } catch (problem) {
      setFailure(problem)
    }
  })

  if (sentTo !== null) {
    return (
      <>
        <Notice tone="ok">
          If an account with a password has the address <span className="font-medium">{sentTo}</span>, a mail
          with a link is on its way. It may take a few minutes.
        </Notice>
        <BackToSignIn />
      </>
    )
  }
  return (
    <Form onSubmit={ask}>
      <p className="text-muted">A mail with a link to choose a new one goes to your address.</p>
      {failure !== null && <Failure what="The mail was not asked for." error={failure} />}
      <FormField
        control={form.control}
        name="email"
        rules={{ validate: (text) => text.trim() !== '' || 'Enter your e-mail address' }}
        label="E-mail"
        type="email"
        autoComplete="username"
        autoFocus
      />
      <Button type="submit" variant="primary" isPending={form.formState.isSubmitting}>
        Send the link
      </Button>
      <BackToSignIn />
    </Form>
  )
}

function BackToSignIn() {
  return (
    <Link href="/login" className="self-center rounded-sm text-accent hover:underline">
      Back to sign in
    </Link>
  )
}
