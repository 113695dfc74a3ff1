import type { Metadata } from 'next'
import { cookies, headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { anyContext, publicConfig } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { LoginForm } from '#components/account/login-form'
import { REFRESH_COOKIE } from '#server/auth/cookies'
import { safeReturnPath } from '#server/auth/model'
import { errorOf, messageOf } from '../../../components/account/messages'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Sign in' }

interface Query {
  returnUrl?: string | string[]
  message?: string | string[]
  error?: string | string[]
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

export default async function LoginPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { authEnabled, cookiesCannotStick, mailEnabled } = await publicConfig()
  if (!authEnabled) notFound()
  const query = await searchParams
  const returnUrl = safeReturnPath(one(query.returnUrl))
  const message = messageOf(one(query.message))
  const error = errorOf(one(query.error))
  const { actor } = await anyContext()
  if (actor.kind === 'session' && !message && !error) redirect(returnUrl)
  return (
    <AuthCard title="Sign in">
      <LoginForm
        returnUrl={returnUrl}
        message={message}
        error={error}
        cookiesCannotStick={cookiesCannotStick}
        canForget={mailEnabled}
        mayRenew={actor.kind !== 'session' && (await mayHaveSession())}
      />
    </AuthCard>
  )
}

/** A strict cookie stays behind when a link on another site leads here: then the page itself has to ask with it. */
async function mayHaveSession(): Promise<boolean> {
  return (await cookies()).has(REFRESH_COOKIE) || (await headers()).get('sec-fetch-site') === 'cross-site'
}
