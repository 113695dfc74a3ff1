import type { Metadata } from 'next'
import { notFound, redirect } from 'next/navigation'
import { anyContext, publicConfig } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { ProviderButtons } from '#components/sign-in/provider-buttons'
import { TextLink } from '#components/ui/link'
import { Notice } from '#components/ui/notice'
import { safeReturnPath } from '#server/auth/model'
import { listProviders } from '#server/oidc/providers'
import { errorOf } from '../../../components/account/messages'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Signed out' }

interface Query {
  error?: string | string[]
  returnUrl?: string | string[]
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

/** Where signing out ends when the login page would lead straight back in, and where a failed sign-in ends then. */
export default async function LogoutPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { authEnabled, basicAuth } = await publicConfig()
  if (!authEnabled) notFound()
  const query = await searchParams
  const error = errorOf(one(query.error))
  const ctx = await anyContext()
  if (ctx.actor.kind === 'session' && !error) redirect('/')
  const returnUrl = safeReturnPath(one(query.returnUrl))
  const providers = await listProviders(ctx)
  return (
    <AuthCard title={error ? 'Not signed in' : 'Signed out'}>
      {error ? (
        <Notice tone="danger">{error}</Notice>
      ) : (
        <p className="text-muted">You are signed out. To go on, sign in again.</p>
      )}
      <ProviderButtons
        providers={providers.map(({ name, label }) => ({ name, label }))}
        returnUrl={returnUrl}
      />
      {(basicAuth || ctx.config.ldap !== null) && (
        <TextLink href="/login?local=1" className="self-center">
          {providers.length > 0 ? 'Sign in with a password' : 'Sign in'}
        </TextLink>
      )}
    </AuthCard>
  )
}
