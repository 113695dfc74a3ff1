'use client'
import { withRoot } from '../root-path'
import { Badge } from '../ui/badge'
import { buttonClass } from '../ui/button-class'
import { cn } from '../ui/cn'
import { rememberWay, useLastWay } from './last-way'
import { loginPath } from './login-path'
import { ProviderIcon } from './provider-icon'

/** What a button needs to know. */
export interface SignInProvider {
  name: string
  /** The whole sentence of the button. */
  label: string
}

interface ProviderButtonsProps {
  providers: readonly SignInProvider[]
  /** A path of ours. */
  returnUrl: string
}

/** A form for each identity provider: they work before, and without, any script. */
export function ProviderButtons({ providers, returnUrl }: ProviderButtonsProps) {
  const lastWay = useLastWay()
  if (providers.length === 0) return null
  return (
    <div className="flex flex-col gap-2">
      {providers.map(({ name, label }) => (
        <form
          key={name}
          method="post"
          action={withRoot(loginPath(name, returnUrl))}
          onSubmit={() => rememberWay(`oauth2:${name}`)}
        >
          <button type="submit" className={cn(buttonClass('secondary'), 'h-9 w-full min-w-0 justify-start')}>
            <ProviderIcon name={name} />
            <span className="min-w-0 grow truncate text-left" title={label.length > 30 ? label : undefined}>
              {label}
            </span>
            {lastWay === `oauth2:${name}` && <LastUsed />}
          </button>
        </form>
      ))}
    </div>
  )
}

/** Marks the way that this browser took last. */
export function LastUsed() {
  return <Badge tone="accent">Last used</Badge>
}
