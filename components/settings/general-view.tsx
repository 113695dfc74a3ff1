'use client'
import { useQuery } from '@tanstack/react-query'
import type { GeneralSettings } from '#server/settings/model'
import { api } from '../api'
import { formatBytes, formatUptime } from '../format'
import { PageHead } from '../shell/page'
import { Badge } from '../ui/badge'
import { CopyButton } from '../ui/copy-button'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Section } from '../ui/section'

const ENGINES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const

/** What this server is, where it keeps what it collects, and how it is reached. */
export function GeneralView({ settings: initial }: { settings: GeneralSettings }) {
  const query = useQuery({
    queryKey: ['general'],
    queryFn: ({ signal }) => api<GeneralSettings>('/ui/general', { signal }),
    initialData: initial,
    refetchInterval: 30_000,
  })
  const settings = query.data
  return (
    <>
      <PageHead title="General">What this server is and how it is reached.</PageHead>
      {query.isError && (
        <Failure
          what="The settings could not be refreshed."
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      <ServerFacts settings={settings} />
      <DatabaseFacts database={settings.database} />
      <AccessFacts settings={settings} />
    </>
  )
}

function ServerFacts({ settings }: { settings: GeneralSettings }) {
  const { version, announcedVersion, uptimeSeconds, rootUrl, ports, managementUrl } = settings
  return (
    <Section title="Server">
      <Facts label="Server">
        <Fact name="Version">
          <span className="flex flex-wrap items-center gap-2">
            <span className="font-medium">Bennu {version}</span>
            <span className="text-muted">tells clients {announcedVersion}</span>
          </span>
        </Fact>
        <Fact name="Running for">{formatUptime(uptimeSeconds)}</Fact>
        {rootUrl !== null && (
          <Fact name="Address">
            <Copied text={rootUrl} label="Copy the address" />
          </Fact>
        )}
        <Fact name="Ports">
          <PortList ports={ports} />
        </Fact>
        {managementUrl !== null && (
          <Fact name="Management">
            <a
              href={managementUrl}
              target="_blank"
              rel="noopener noreferrer"
              className="rounded-sm text-accent underline-offset-2 hover:underline"
            >
              {managementUrl}
            </a>
          </Fact>
        )}
      </Facts>
    </Section>
  )
}

const USES = [
  ['web', 'pages, REST and OTLP over HTTP'],
  ['grpc', 'OTLP over gRPC'],
  ['otlpHttp', 'OTLP over HTTP alone'],
  ['metrics', 'metrics for Prometheus'],
] as const

function PortList({ ports }: Pick<GeneralSettings, 'ports'>) {
  return (
    <ul>
      {USES.map(([name, use]) => {
        const port = ports[name]
        if (port === null) return null
        return (
          <li key={name}>
            <span className="tnum">{port === 0 ? 'one chosen at start' : port}</span>{' '}
            <span className="text-muted">{use}</span>
          </li>
        )
      })}
    </ul>
  )
}

function DatabaseFacts({ database }: { database: GeneralSettings['database'] }) {
  return (
    <Section title="Database">
      <Facts label="Database">
        <Fact name="Engine">{ENGINES[database.engine]}</Fact>
        {database.describe !== null && (
          <Fact name="Where">
            <Copied text={database.describe} label="Copy where the database is" />
          </Fact>
        )}
        <Fact name="Size">
          {database.sizeBytes === null ? (
            <span className="text-muted">not known</span>
          ) : (
            formatBytes(database.sizeBytes)
          )}
        </Fact>
      </Facts>
    </Section>
  )
}

function AccessFacts({ settings: { authEnabled, basicAuth } }: { settings: GeneralSettings }) {
  return (
    <Section title="Access">
      <Facts label="Access">
        <Fact name="Authentication">
          {authEnabled ? (
            <Badge tone="ok">on</Badge>
          ) : (
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone="danger">off</Badge>
              <span className="text-muted">
                Whoever reaches these ports may read and change everything. Set{' '}
                <code className="font-mono text-xs">PHOENIX_ENABLE_AUTH=true</code>.
              </span>
            </span>
          )}
        </Fact>
        {authEnabled && (
          <Fact name="E-mail and password">
            {basicAuth ? <Badge tone="ok">on</Badge> : <Badge>off</Badge>}
          </Fact>
        )}
      </Facts>
    </Section>
  )
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <span className="min-w-0 font-mono text-xs wrap-anywhere">{text}</span>
      <CopyButton text={text} label={label} />
    </span>
  )
}
