'use client'
import { Check, Circle } from 'lucide-react'
import { type PasswordRules, passwordDemands } from '#server/auth/password-model'
import { cn } from '../ui/cn'
import { type Strength, strengthOf } from './password-strength'

const STEPS: Record<Strength, { filled: number; word: string; bar: string; text: string }> = {
  none: { filled: 0, word: '', bar: '', text: '' },
  short: { filled: 1, word: 'Not enough yet', bar: 'bg-warn', text: 'text-warn' },
  fair: { filled: 2, word: 'Good enough', bar: 'bg-ok', text: 'text-ok' },
  strong: { filled: 3, word: 'Strong', bar: 'bg-ok', text: 'text-ok' },
}

interface PasswordMeterProps {
  password: string
  rules: PasswordRules
}

/** What a password still needs, ticked off while it is typed. Leaked ones only the server knows. */
export function PasswordMeter({ password, rules }: PasswordMeterProps) {
  const demands = passwordDemands(password, rules)
  const missing = demands.filter((demand) => !demand.met).map((demand) => demand.words)
  const { filled, word, bar, text } = STEPS[strengthOf(password, rules)]
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <span aria-hidden className="flex grow gap-1">
          {[0, 1, 2].map((step) => (
            <span key={step} className={cn('h-1 grow rounded-full', step < filled ? bar : 'bg-line')} />
          ))}
        </span>
        <span className={cn('min-w-24 text-right text-xs font-medium', text)}>{word}</span>
      </div>
      <ul aria-label="The password needs" className="flex flex-col gap-0.5 text-xs">
        {demands.map(({ words, met }) => (
          <li key={words} className={cn('flex items-start gap-1.5', met ? 'text-ok' : 'text-muted')}>
            {met ? (
              <Check aria-hidden className="mt-px size-3.5 shrink-0" />
            ) : (
              <Circle aria-hidden className="mt-px size-3.5 shrink-0" />
            )}
            <span>
              {words}
              <span className="sr-only">{met ? ': done' : ': missing'}</span>
            </span>
          </li>
        ))}
      </ul>
      <p role="status" className="sr-only">
        {password !== '' && (missing.length > 0 ? `Still needed: ${missing.join(', ')}` : word)}
      </p>
    </div>
  )
}
