import type { Metadata } from 'next'
import { notFound, redirect } from 'next/navigation'
import { publicConfig } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { TokenPasswordForm } from '#components/account/token-password-form'

export const dynamic = 'force-dynamic'
// The address holds the token until the page has read it: nobody is to hear of it.
export const metadata: Metadata = { title: 'Choose your password', referrer: 'no-referrer' }

interface Query {
  token?: string | string[]
}

/** Looks at no token: that a link is good is learned by using it. */
export default async function TokenPasswordPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { authEnabled, basicAuth, mailEnabled, passwordMinLength, strongPasswords } = await publicConfig()
  if (!authEnabled || !basicAuth) notFound()
  const { token } = await searchParams
  const text = Array.isArray(token) ? token[0] : token
  if (!text) redirect('/login')
  return (
    <AuthCard title="Choose your password">
      <p className="text-muted">Every browser this account is signed in with is signed out.</p>
      <TokenPasswordForm
        token={text}
        rules={{ username: '', email: null, minLength: passwordMinLength, strong: strongPasswords }}
        canAskAgain={mailEnabled}
      />
    </AuthCard>
  )
}
