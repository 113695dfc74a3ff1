'use client'
import type { PasswordRules } from '#server/auth/password-model'
import { PasswordMeter } from '../account/password-meter'
import { Choice } from '../ui/choice'
import { TextField } from '../ui/text-field'
import { usePasswordPolicy } from './password-policy'

export type PasswordSource = 'mailed' | 'generated' | 'typed'

const MAILED = { value: 'mailed', label: 'Mail a link' } as const
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

const NOTES = {
  mailed: 'They choose one themselves, with a link that works once.',
  generated: 'Twenty random letters, shown once, for you to pass on.',
}

/** The new password of somebody else: chosen by them, made up, or typed under the eyes of the meter. */
export function NewPassword({ source, onSource, password, onPassword, rules, error }: NewPasswordProps) {
  const { mail } = usePasswordPolicy()
  return (
    <div className="flex flex-col gap-3">
      <Choice
        label="Password"
        options={mail ? [MAILED, ...SOURCES] : SOURCES}
        value={source}
        onChange={onSource}
        error={source !== 'typed' ? error : undefined}
      />
      {source !== 'typed' ? (
        <p className="-mt-1 text-xs text-muted">{NOTES[source]}</p>
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
