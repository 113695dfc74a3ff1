import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { publicConfig, signedInContext } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { PasswordForm } from '#components/account/password-form'
import { Notice } from '#components/ui/notice'
import { safeReturnPath } from '#server/auth/model'
import { can } from '#server/permissions'
import { getOwnProfile } from '#server/users/profile'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Change password' }

interface Query {
  returnUrl?: string | string[]
}

export default async function ResetPasswordPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { authEnabled, passwordMinLength, strongPasswords, basicAuth } = await publicConfig()
  if (!authEnabled) notFound()
  const ctx = await signedInContext()
  // A key has no password to change, and must not learn whose it is.
  if (!can(ctx.actor, 'profile.update')) notFound()
  const { returnUrl } = await searchParams
  const user = await getOwnProfile(ctx)
  // Whoever signs in elsewhere has no password here.
  if (user?.authMethod !== 'LOCAL' || !basicAuth) notFound()
  const mustReset = ctx.actor.kind === 'session' && ctx.actor.mustReset
  return (
    <AuthCard title="Change your password">
      {mustReset && <Notice>Choose a password of your own before you go on.</Notice>}
      <p className="text-muted">Every browser you are signed in with is signed out, this one too.</p>
      <PasswordForm
        rules={{
          username: user.username,
          email: user.email,
          minLength: passwordMinLength,
          strong: strongPasswords,
        }}
        returnUrl={safeReturnPath(Array.isArray(returnUrl) ? returnUrl[0] : returnUrl)}
        canCancel={!mustReset}
      />
    </AuthCard>
  )
}
