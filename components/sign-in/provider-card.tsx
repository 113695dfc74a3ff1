'use client'
import { FlaskConical, MoreHorizontal, UserSearch } from 'lucide-react'
import { useId } from 'react'
import type { ProviderState, ProviderView } from '#server/sso-providers/model'
import { plural } from '../format'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { buttonClass } from '../ui/button-class'
import { Link } from '../ui/link'
import { MenuButton } from '../ui/menu'
import { Notice } from '../ui/notice'
import { cardActions } from './card-actions'
import { CopyLine } from './copy-line'
import { ProviderIcon } from './provider-icon'
import type { ProviderAsk } from './sign-in-view'

interface ProviderCardProps {
  provider: ProviderView
  /** Undefined while that is not known. */
  state: ProviderState | undefined
  /** Its place among the stored ones, for moving. */
  place: { index: number; count: number }
  onAsk: (ask: ProviderAsk) => void
}

/** One provider: what it is, where it sends people back to, and what can be done with it. */
export function ProviderCard({ provider, state, place, onAsk }: ProviderCardProps) {
  const { name, displayName } = provider
  const id = useId()
  return (
    <article
      aria-labelledby={id}
      className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <ProviderIcon name={name} />
          <h3 id={id} className="min-w-0 font-medium wrap-anywhere">
            {displayName}
          </h3>
          <Badges provider={provider} state={state} />
        </div>
        <div className="flex items-center gap-2">
          <Button
            size="sm"
            aria-label={`Test ${displayName}`}
            icon={<FlaskConical className="size-3.5" />}
            onPress={() => onAsk({ kind: 'test', provider })}
          >
            Test
          </Button>
          <Link
            href={`/settings/sign-in/${name}`}
            aria-label={`Why this role: last sign-ins with ${displayName}`}
            className={buttonClass('secondary', 'sm')}
          >
            <UserSearch aria-hidden className="size-3.5" />
            Why this role
          </Link>
          {provider.source === 'stored' && (
            <MenuButton
              label={`Actions for ${displayName}`}
              variant="quiet"
              size="iconSm"
              icon={<MoreHorizontal className="size-4" />}
              actions={cardActions(provider, place, onAsk)}
            />
          )}
        </div>
      </div>
      <Troubles provider={provider} state={state} />
      <Lines provider={provider} />
    </article>
  )
}

type Judged = Pick<ProviderCardProps, 'provider' | 'state'>

function Badges({ provider: { source, enabled, autoLogin, isHidden }, state }: Judged) {
  return (
    <>
      {source === 'environment' && <Badge>environment</Badge>}
      {!enabled && <Badge tone="warn">off</Badge>}
      {enabled && !isHidden && source === 'stored' && <Badge tone="ok">on</Badge>}
      {state &&
        (state.problem === null ? <Badge tone="ok">answers</Badge> : <Badge tone="danger">trouble</Badge>)}
      {autoLogin && <Badge tone="accent">goes there by itself</Badge>}
    </>
  )
}

function Troubles({ provider: { secret, isHidden, name }, state }: Judged) {
  return (
    <>
      {state && state.problem !== null && (
        <Notice tone="danger">Signing in here fails or may fail at the moment. {state.problem}</Notice>
      )}
      {isHidden && (
        <Notice tone="warn">
          The environment sets up a provider called {name} too, and that one counts. Delete this one, or
          remove the variables.
        </Notice>
      )}
      {secret === 'unreadable' && (
        <Notice tone="danger">
          The client secret cannot be read, so nobody can sign in here. Enter it anew, or put the earlier{' '}
          <code className="font-mono text-xs">PHOENIX_SECRET</code> into{' '}
          <code className="font-mono text-xs">BENNU_SECRET_PREVIOUS</code>.
        </Notice>
      )}
    </>
  )
}

function Lines({ provider }: { provider: ProviderView }) {
  const { discoveryUrl, clientId, redirectUri, backchannelLogoutUri, accounts } = provider
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] items-center gap-x-4 gap-y-1.5 sm:grid-cols-[10rem_minmax(0,1fr)]">
      <Line name="Redirect URI">
        <CopyLine text={redirectUri} label="the redirect URI" />
      </Line>
      <Line name="Back-channel logout">
        <CopyLine text={backchannelLogoutUri} label="the back-channel logout address" />
      </Line>
      <Line name="Discovery">
        <code className="font-mono text-xs wrap-anywhere">{discoveryUrl}</code>
      </Line>
      <Line name="Client id">
        <code className="font-mono text-xs wrap-anywhere">{clientId}</code>
      </Line>
      <Line name="Who comes in">{whoComesIn(provider)}</Line>
      <Line name="Roles">{rolesOf(provider)}</Line>
      <Line name="Accounts">{plural(accounts, 'account')}</Line>
    </dl>
  )
}

function Line({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted max-sm:text-xs">{name}</dt>
      <dd className="min-w-0 wrap-anywhere max-sm:mb-1">{children}</dd>
    </>
  )
}

function whoComesIn({ allowSignUp, allowedGroups }: ProviderView): string {
  const whom = allowSignUp ? 'whoever the provider vouches for' : 'only those who have an account'
  return allowedGroups.length > 0 ? `${whom}, if in ${allowedGroups.join(' or ')}` : whom
}

function rolesOf({ rolePath, roleMapping, roleStrict, roleResync, defaultRole }: ProviderView): string {
  if (rolePath === null) return `newcomers are ${defaultRole}, admins change roles here`
  const mapped = roleMapping.map(([word, role]) => `${word} → ${role}`).join(', ')
  const otherwise = roleStrict ? 'others are refused' : 'others are VIEWER'
  const when = roleResync ? 'at every sign-in' : 'at the first sign-in'
  return `from ${rolePath} ${when}${mapped ? `: ${mapped}` : ''}; ${otherwise}`
}
