'use client'
import type { PasswordRules } from '#server/auth/password-model'
import { PasswordMeter } from '../account/password-meter'
import { Choice } from '../ui/choice'
import { TextField } from '../ui/text-field'

export type PasswordSource = 'generated' | 'typed'

const SOURCES = [
  { value: 'generated', label: 'Make one up' },
  { value: 'typed', label: 'Type one' },
] as const

interface NewPasswordProps {
  source: PasswordSource
  onSource: (source: PasswordSource) => void
  password: string
  onPassword: (password: string) => void
  rules: PasswordRules
  error?: string | undefined
}

/** The first password of somebody else: made up, or typed under the eyes of the meter. */
export function NewPassword({ source, onSource, password, onPassword, rules, error }: NewPasswordProps) {
  return (
    <div className="flex flex-col gap-3">
      <Choice
        label="Password"
        options={SOURCES}
        value={source}
        onChange={onSource}
        error={source === 'generated' ? error : undefined}
      />
      {source === 'generated' ? (
        <p className="-mt-1 text-xs text-muted">Twenty random letters, shown once, for you to pass on.</p>
      ) : (
        <>
          <TextField
            label="Their password"
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={onPassword}
            error={error}
          />
          <PasswordMeter password={password} rules={rules} />
        </>
      )}
    </div>
  )
}
