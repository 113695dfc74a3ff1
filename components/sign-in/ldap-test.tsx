'use client'
import { CircleAlert, CircleCheck, CircleMinus } from 'lucide-react'
import { useState } from 'react'
import type { HostTest, LookedUp, TestStep } from '#server/ldap/test-connection-model'
import { plural } from '../format'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { TextField } from '../ui/text-field'
import { useDirectoryTest } from './ldap-hooks'
import { Mono } from './ldap-settings'

const STEPS: Record<TestStep['step'], string> = {
  reach: 'Reach',
  tls: 'TLS',
  bind: 'Service account',
  search: 'Search',
}

/** Tries every host, and looks somebody up. No password is asked for. */
export function LdapTest() {
  const [username, setUsername] = useState('')
  const test = useDirectoryTest()
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <Form onSubmit={() => test.mutate(username.trim())} className="flex flex-wrap items-end gap-2">
        <TextField
          label="User name to look up (optional)"
          value={username}
          onChange={setUsername}
          autoComplete="off"
          className="w-72 max-w-full"
        />
        <Button type="submit" isPending={test.isPending}>
          Test connection
        </Button>
      </Form>
      {test.isError && <Failure what="The connection was not tested." error={test.error} />}
      <div role="status" className="flex flex-col gap-3">
        {test.data?.hosts.map((host) => (
          <HostResult key={host.host} test={host} username={test.data.username} />
        ))}
      </div>
    </div>
  )
}

function HostResult({ test, username }: { test: HostTest; username: string | null }) {
  const { host, milliseconds, steps, lookup } = test
  return (
    <div className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4">
      <h3 className="flex flex-wrap items-baseline gap-2 font-medium">
        <span className="wrap-anywhere">{host}</span>
        <span className="text-xs font-normal text-muted tabular-nums">{milliseconds} ms</span>
      </h3>
      <ul className="flex flex-col gap-1">
        {steps.map((step) => (
          <Step key={step.step} step={step} />
        ))}
      </ul>
      {lookup?.found === 'one' && <Person person={lookup} username={username ?? ''} />}
    </div>
  )
}

const MARKS = {
  true: { Icon: CircleCheck, tone: 'text-ok', word: 'works' },
  false: { Icon: CircleAlert, tone: 'text-danger', word: 'fails' },
  null: { Icon: CircleMinus, tone: 'text-muted', word: 'not tried' },
} as const

function Step({ step: { step, ok, sentence } }: { step: TestStep }) {
  const { Icon, tone, word } = MARKS[`${ok}`]
  return (
    <li className="flex min-w-0 items-start gap-2">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${tone}`} />
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium">{STEPS[step]}</span> <span className="sr-only">{word}: </span>
        <span className={ok === false ? 'text-danger' : 'text-muted'}>{sentence}</span>
      </span>
    </li>
  )
}

function Person({ person, username }: { person: LookedUp; username: string }) {
  const { dn, email, displayName, uniqueId, groups, moreGroups, role, mapping, obstacles } = person
  return (
    <Facts label={`What the directory says of ${username}`}>
      <Fact name="Entry">
        <Mono text={dn} />
      </Fact>
      <Fact name="Name">{displayName ?? 'none'}</Fact>
      <Fact name="Address">{email ?? 'none'}</Fact>
      <Fact name="Unique id">{uniqueId === null ? 'none' : <Mono text={uniqueId} />}</Fact>
      <Fact name="Groups">
        {groups.length === 0 ? (
          'none'
        ) : (
          <ul className="flex flex-col gap-0.5">
            {groups.map((group) => (
              <li key={group}>
                <Mono text={group} />
              </li>
            ))}
            {moreGroups > 0 && <li className="text-muted">and {plural(moreGroups, 'more group')}</li>}
          </ul>
        )}
      </Fact>
      <Fact name="Role">
        {role === null ? (
          <Badge tone="danger">none</Badge>
        ) : (
          <span className="flex flex-wrap items-baseline gap-2">
            <Badge tone="ok">{role}</Badge>
            <span className="text-muted">
              by {mapping === '*' || mapping === null ? 'the mapping of everybody' : <Mono text={mapping} />}
            </span>
          </span>
        )}
      </Fact>
      {obstacles.length > 0 && (
        <Fact name="Sign-in">
          <span className="text-danger">refused</span>
          <ul className="flex flex-col gap-0.5">
            {obstacles.map((obstacle) => (
              <li key={obstacle}>{obstacle}</li>
            ))}
          </ul>
        </Fact>
      )}
    </Facts>
  )
}
