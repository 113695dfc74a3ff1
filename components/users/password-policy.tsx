'use client'
import { createContext, type ReactNode, use } from 'react'
import type { PasswordRules } from '#server/auth/password-model'

/** How demanding this server is, whoever the password is for. */
export interface PasswordPolicy extends Pick<PasswordRules, 'minLength' | 'strong'> {
  /** Whether a link to choose one can be mailed. */
  mail: boolean
}

const Policy = createContext<PasswordPolicy>({ minLength: 8, strong: false, mail: false })

/** Tells the dialogs below how demanding this server is. */
export function PasswordPolicyProvider({
  policy,
  children,
}: {
  policy: PasswordPolicy
  children: ReactNode
}) {
  return <Policy value={policy}>{children}</Policy>
}

export const usePasswordPolicy = (): PasswordPolicy => use(Policy)
