'use client'
import { LogIn, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { ProviderView, SignInSettings } from '#server/sso-providers/model'
import { PageHead } from '../shell/page'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Notice } from '../ui/notice'
import { notify } from '../ui/notify'
import { Section } from '../ui/section'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { useProviderDeed, useProviderStates, useSignInSettings } from './hooks'
import { LdapSection } from './ldap-section'
import { ProviderCard } from './provider-card'

const ProviderDialog = dynamic(() => import('./provider-dialog').then((m) => m.ProviderDialog))
const TestDialog = dynamic(() => import('./test-dialog').then((m) => m.TestDialog))
const TurnOffDialog = dynamic(() => import('./turn-off-dialog').then((m) => m.TurnOffDialog))
const DeleteProviderDialog = dynamic(() =>
  import('./delete-provider-dialog').then((m) => m.DeleteProviderDialog),
)

/** What somebody wants to do with a provider. */
export type ProviderAsk =
  | { kind: 'add' }
  | { kind: 'edit' | 'test' | 'switch' | 'delete'; provider: ProviderView }
  | { kind: 'move'; provider: ProviderView; by: 1 | -1 }

/** Identity providers: those of the environment to look at, those added here to change. */
export function SignInView() {
  const query = useSignInSettings()
  const deed = useProviderDeed()
  const [ask, setAsk] = useState<ProviderAsk | null>(null)
  const close = () => setAsk(null)
  const onAsk = (next: ProviderAsk) => {
    if (next.kind === 'switch' && !next.provider.enabled) turnOn(next.provider)
    else if (next.kind === 'move') move(next.provider, next.by)
    else setAsk(next)
  }
  const turnOn = ({ name, displayName }: ProviderView) =>
    deed.mutate(
      { kind: 'switch', name, enabled: true, endSessions: false },
      { onSuccess: () => void notify(`${displayName} is on`) },
    )
  const move = ({ name }: ProviderView, by: 1 | -1) => {
    const names = storedOf(query.data).map((one) => one.name)
    const from = names.indexOf(name)
    names.splice(from, 1)
    names.splice(from + by, 0, name)
    deed.mutate({ kind: 'order', names })
  }
  return (
    <>
      <PageHead
        title="Sign-in"
        actions={
          <Button
            variant="primary"
            isDisabled={!query.data}
            onPress={() => setAsk({ kind: 'add' })}
            icon={<Plus className="size-4" />}
          >
            Add provider
          </Button>
        }
      >
        How people come in: identity providers beside passwords and the directory.
      </PageHead>
      {query.isError && (
        <Failure
          what={query.data ? 'The providers could not be refreshed.' : 'The providers could not be loaded.'}
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {deed.isError && <Failure what="Nothing was changed." error={deed.error} />}
      {query.data ? (
        <Listed settings={query.data} onAsk={onAsk} />
      ) : (
        !query.isError && <TableSkeleton label="Loading the providers" rows={3} />
      )}
      <LdapSection />
      {query.data && (ask?.kind === 'add' || ask?.kind === 'edit') && (
        <ProviderDialog
          settings={query.data}
          provider={ask.kind === 'edit' ? ask.provider : null}
          onClose={close}
        />
      )}
      {ask?.kind === 'test' && <TestDialog provider={ask.provider} onClose={close} />}
      {ask?.kind === 'switch' && <TurnOffDialog provider={ask.provider} onClose={close} />}
      {ask?.kind === 'delete' && <DeleteProviderDialog provider={ask.provider} onClose={close} />}
    </>
  )
}

const storedOf = (settings: SignInSettings | undefined) =>
  settings?.providers.filter(({ source }) => source === 'stored') ?? []

const isOpen = ({ enabled, isHidden }: ProviderView) => enabled && !isHidden

function Listed({ settings, onAsk }: { settings: SignInSettings; onAsk: (ask: ProviderAsk) => void }) {
  const { providers, basicAuth, originIsSet } = settings
  const stored = storedOf(settings)
  const states = useProviderStates()
  return (
    <Section
      title="Identity providers"
      note={
        basicAuth ? (
          <>
            People may also sign in with a password:{' '}
            <code className="font-mono text-xs wrap-anywhere">PHOENIX_DISABLE_BASIC_AUTH=true</code> ends
            that.
          </>
        ) : (
          'Signing in with a password is switched off.'
        )
      }
    >
      {!originIsSet && providers.length > 0 && (
        <Notice tone="info">
          The addresses below are those of this page. Set{' '}
          <code className="font-mono text-xs">PHOENIX_ROOT_URL</code> so that they do not depend on how
          somebody got here.
        </Notice>
      )}
      {providers.length === 0 && (
        <EmptyState icon={<LogIn className="size-6" />} title="No identity provider yet">
          Add Google, Microsoft Entra ID, AWS Cognito, Keycloak or any other OpenID Connect provider here, or
          with <code className="font-mono text-xs">PHOENIX_OAUTH2_…</code> variables. Each becomes a button on
          the login page.
        </EmptyState>
      )}
      {providers.map((provider) => (
        <ProviderCard
          key={`${provider.source} ${provider.name}`}
          provider={provider}
          state={isOpen(provider) ? states.find(({ name }) => name === provider.name) : undefined}
          place={{ index: stored.indexOf(provider), count: stored.length }}
          onAsk={onAsk}
        />
      ))}
    </Section>
  )
}
