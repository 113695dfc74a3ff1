import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { publicConfig } from '#app/_lib/page'
import { AuthCard } from '#components/account/auth-card'
import { ForgotPasswordForm } from '#components/account/forgot-password-form'
import { Link } from '#components/ui/link'
import { Notice } from '#components/ui/notice'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Forgot your password' }

export default async function ForgotPasswordPage() {
  const { authEnabled, basicAuth, mailEnabled } = await publicConfig()
  if (!authEnabled || !basicAuth) notFound()
  return (
    <AuthCard title="Forgot your password?">
      {mailEnabled ? (
        <ForgotPasswordForm />
      ) : (
        <>
          <Notice>This server sends no mail. Ask an admin to reset your password.</Notice>
          <Link href="/login" className="rounded-sm text-accent hover:underline">
            Back to sign in
          </Link>
        </>
      )}
    </AuthCard>
  )
}
