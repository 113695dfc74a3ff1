import type { Metadata } from 'next'
import { cookies } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { anyContext, publicConfig } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { SignInPanel } from '#components/sign-in/sign-in-panel'
import { REFRESH_COOKIE } from '#server/auth/cookies'
import { safeReturnPath } from '#server/auth/model'
import { listProviders } from '#server/oidc/providers'
import { errorOf, messageOf } from '../../../components/account/messages'
import { loginPath } from '../../../components/sign-in/login-path'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Sign in' }

interface Query {
  returnUrl?: string | string[]
  message?: string | string[]
  error?: string | string[]
  /** The provider to go to at once. */
  trigger?: string | string[]
  /** `1`: stay here, whatever provider wants everybody. */
  local?: string | string[]
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

export default async function LoginPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { authEnabled, basicAuth, cookiesCannotStick, mailEnabled } = await publicConfig()
  if (!authEnabled) notFound()
  const query = await searchParams
  const returnUrl = safeReturnPath(one(query.returnUrl))
  const ctx = await anyContext()
  const isSignedIn = ctx.actor.kind === 'session'
  const hasNote = query.error !== undefined || query.message !== undefined
  const message = messageOf(one(query.message))
  const error = errorOf(one(query.error))
  if (isSignedIn && !message && !error) redirect(returnUrl)
  const providers = await listProviders(ctx)
  const wanted = hasNote
    ? undefined
    : (providers.find(({ name }) => name === one(query.trigger)) ??
      (one(query.local) === '1' ? undefined : providers.find(({ autoLogin }) => autoLogin)))
  const mayRenew = !isSignedIn && (await hasRefreshCookie())
  // With a session that may only need renewing, the page asks for that first, and goes there when there is none.
  if (wanted && !mayRenew) redirect(loginPath(wanted.name, returnUrl))
  return (
    <AuthCard title="Sign in">
      <SignInPanel
        returnUrl={returnUrl}
        message={message}
        error={error}
        cookiesCannotStick={cookiesCannotStick}
        canForget={mailEnabled}
        mayRenew={mayRenew}
        goTo={wanted?.name ?? null}
        local={basicAuth}
        ldap={ctx.config.ldap !== null}
        providers={providers.map(({ name, label }) => ({ name, label }))}
      />
    </AuthCard>
  )
}

const hasRefreshCookie = async () => (await cookies()).has(REFRESH_COOKIE)
