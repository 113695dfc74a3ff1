'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { MailOutcome, MailState } from '#server/mail/model'
import { api } from '../api'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { Notice } from '../ui/notice'
import { Section } from '../ui/section'
import { TextField } from '../ui/text-field'
import { RelativeTime } from '../ui/time'

const SECURITY: Record<NonNullable<MailState['server']>['security'], string> = {
  tls: 'TLS from the first byte',
  starttls: 'STARTTLS, or no mail',
  loopback: 'not needed: the relay is on this machine',
}

/** How mail is set up, whether it works, and a way to try. */
export function GeneralMail({ initial }: { initial: MailState }) {
  const query = useQuery({
    queryKey: ['mail'],
    queryFn: ({ signal }) => api<MailState>('/ui/mail', { signal }),
    initialData: initial,
    refetchInterval: 30_000,
  })
  const { server, failure, linksTo, linksAreSet, ownAddress } = query.data
  if (server === null) {
    return (
      <Section title="Mail">
        <Facts label="Mail">
          <Fact name="Mail">
            <span className="flex flex-wrap items-center gap-2">
              <Badge>off</Badge>
              <span className="text-muted">
                Lost passwords are reset by admins. To mail links, set{' '}
                <code className="font-mono text-xs">PHOENIX_SMTP_HOSTNAME</code>.
              </span>
            </span>
          </Fact>
        </Facts>
      </Section>
    )
  }
  return (
    <Section title="Mail">
      {query.isError && (
        <Failure
          what="The state of mail could not be refreshed."
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      <Facts label="Mail">
        <Fact name="State">
          {failure === null ? (
            <Badge tone="ok">no failure</Badge>
          ) : (
            <span className="flex flex-col gap-1">
              <span className="flex items-center gap-2">
                <Badge tone="danger">failing</Badge>
                <RelativeTime at={Date.parse(failure.at)} className="text-muted" />
              </span>
              {failure.sentence}
            </span>
          )}
        </Fact>
        <Fact name="Mail server">
          <span className="font-mono text-xs">
            {server.host}:{server.port}
          </span>{' '}
          <span className="text-muted">
            {server.hasCredentials ? 'with credentials' : 'without credentials'}
          </span>
        </Fact>
        <Fact name="Encryption">
          {SECURITY[server.security]}
          {!server.validatesCerts && <span className="text-warn">, its certificate is not checked</span>}
        </Fact>
        <Fact name="Sender">{server.from}</Fact>
        <Fact name="Links lead to">
          <span className="font-mono text-xs">{linksTo}</span>
          {!linksAreSet && (
            <span className="text-warn">
              {' '}
              Set <code className="font-mono text-xs">PHOENIX_ROOT_URL</code> to how browsers reach this
              server.
            </span>
          )}
        </Fact>
      </Facts>
      <TestMailForm address={ownAddress} />
    </Section>
  )
}

function TestMailForm({ address }: { address: string | null }) {
  const [to, setTo] = useState(address ?? '')
  const client = useQueryClient()
  const test = useMutation({
    mutationFn: () => api<MailOutcome>('/ui/mail/test', { method: 'POST', body: { to: to.trim() } }),
    onSettled: () => {
      for (const key of ['mail', 'notices']) void client.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <Form onSubmit={() => test.mutate()} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <TextField
          label="Send a test mail to"
          type="email"
          value={to}
          onChange={setTo}
          autoComplete="email"
          className="w-72 max-w-full"
        />
        <Button type="submit" isPending={test.isPending} isDisabled={to.trim() === ''}>
          Send test mail
        </Button>
      </div>
      {test.isError && <Failure what="The mail was not sent." error={test.error} />}
      {test.data?.ok === true && (
        <Notice tone="ok">The mail server took the mail. Look whether it arrives.</Notice>
      )}
      {test.data?.ok === false && <Notice tone="danger">{test.data.sentence}</Notice>}
    </Form>
  )
}
