'use client'
import { KeyRound, LoaderCircle } from 'lucide-react'
import { useState, useSyncExternalStore } from 'react'
import type { ApiKeyKind } from '#server/api-keys/model'
import { useCreateKey } from '../api-keys/create-key'
import { rootPath } from '../root-path'
import { Button } from '../ui/button'
import { CodeBlock } from '../ui/code'
import { Failure } from '../ui/failure'
import { Notice } from '../ui/notice'
import { Segmented } from '../ui/segmented'
import { SNIPPETS, type SnippetId, snippetFor } from './snippets'

export interface OnboardingProps {
  projectName: string
  /** Whether the server asks for a key. */
  needsKey: boolean
  /** The kind of key this person may make here, or null. */
  mayCreate: ApiKeyKind | null
  /** The server's address as the operator set it; without it, the one in the address bar. */
  rootUrl: string | null
  grpcPort: number
  grpcTls: boolean
}

const PLACEHOLDER = 'YOUR_API_KEY'

/** What an empty project shows: how to send its first trace, ready to paste. */
export function Onboarding(props: OnboardingProps) {
  const [id, setId] = useState<SnippetId>('node')
  const create = useCreateKey(props.mayCreate ?? 'user')
  const key = create.data?.key ?? null
  const address = useAddress(props)
  const input = {
    ...address,
    projectName: props.projectName,
    apiKey: props.needsKey ? (key ?? PLACEHOLDER) : null,
  }
  const snippet = snippetFor(id, input)
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-8 sm:px-6">
      <div>
        <h2 className="text-lg font-semibold">Send the first trace</h2>
        <p role="status" className="flex items-center gap-2 text-muted">
          <LoaderCircle aria-hidden className="size-3.5 shrink-0 animate-spin" />
          Waiting for traces. They appear here within seconds.
        </p>
      </div>
      {props.needsKey && <KeyStep {...props} create={create} />}
      <div className="flex min-w-0 flex-col gap-3">
        <Segmented
          label="Language"
          value={id}
          onChange={setId}
          options={SNIPPETS.map((value) => ({ value, label: snippetFor(value, input).label }))}
        />
        {snippet.install && (
          <Step title="Install">
            <CodeBlock text={snippet.install} label="install command" />
          </Step>
        )}
        <Step title={snippet.run ? `Save as ${snippet.file}` : `Paste into ${snippet.file}`}>
          <CodeBlock text={snippet.code} label="program" wrap={false} maxLines={80} />
        </Step>
        {snippet.run && (
          <Step title="Run">
            <CodeBlock text={snippet.run} label="run command" />
          </Step>
        )}
      </div>
    </div>
  )
}

function Step({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-1">
      <h3 className="font-medium">{title}</h3>
      {children}
    </section>
  )
}

interface KeyStepProps extends OnboardingProps {
  create: ReturnType<typeof useCreateKey>
}

function KeyStep({ projectName, mayCreate, create }: KeyStepProps) {
  if (create.data)
    return (
      <Notice tone="ok">
        A key that can only ingest stands in the program below. Copy it now; it cannot be shown again.
      </Notice>
    )
  if (mayCreate === null)
    return (
      <Notice>
        This server asks for an API key. Put yours in the place of{' '}
        <code className="font-mono text-xs">{PLACEHOLDER}</code>; an admin can make one.
      </Notice>
    )
  const make = () => create.mutate({ name: `exporter of ${projectName}`.slice(0, 200), scope: 'ingest' })
  return (
    <>
      <Notice
        action={
          <Button
            size="sm"
            variant="primary"
            onPress={make}
            isPending={create.isPending}
            icon={<KeyRound className="size-3.5" />}
          >
            Create a key
          </Button>
        }
      >
        This server asks for an API key. Put yours in the place of{' '}
        <code className="font-mono text-xs">{PLACEHOLDER}</code>, or make a fresh one that can only ingest.
      </Notice>
      {create.isError && <Failure what="The key was not created." error={create.error} onRetry={make} />}
    </>
  )
}

const never = () => () => {}

/** Where exporters reach this server, as far as this page can know. */
function useAddress({ rootUrl, grpcPort, grpcTls }: OnboardingProps): { httpUrl: string; grpcUrl: string } {
  const origin = useSyncExternalStore(
    never,
    () => location.origin,
    () => 'http://localhost:6006',
  )
  const httpUrl = rootUrl ?? `${origin}${rootPath()}`
  const host = new URL(httpUrl).hostname
  return { httpUrl, grpcUrl: `${grpcTls ? 'https' : 'http'}://${host}:${grpcPort}` }
}
