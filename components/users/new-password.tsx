'use client'
import type { PasswordRules } from '#server/auth/password-model'
import { PasswordMeter } from '../account/password-meter'
import { Choice } from '../ui/choice'
import { TextField } from '../ui/text-field'

export type PasswordSource = 'generated' | 'typed'

const SOURCES = [
  { value: 'generated', label: 'Make one up', hint: 'Twenty random letters, shown once to be passed on.' },
  { value: 'typed', label: 'Type one', hint: 'Not one that you use yourself.' },
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
        layout="cards"
        options={SOURCES}
        value={source}
        onChange={onSource}
        error={source === 'generated' ? error : undefined}
      />
      {source === 'typed' && (
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
