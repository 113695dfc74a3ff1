'use client'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { Role } from '#server/permissions'
import { api } from '../api'
import { Avatar } from '../ui/avatar'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { buttonClass } from '../ui/button-class'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { Link } from '../ui/link'
import { notify } from '../ui/notify'
import { Section } from '../ui/section'
import { TextField } from '../ui/text-field'
import { methodWord, roleWord } from '../users/words'

/** One's own account, as far as the page shows it. */
export interface OwnAccount {
  username: string
  email: string | null
  role: Role
  authMethod: string
}

interface AccountSectionProps {
  account: OwnAccount
  /** Whether there is a password here that could be changed. */
  canChangePassword: boolean
}

/** Who one is here: the name can be changed, the password too where there is one, the address never. */
export function AccountSection({ account, canChangePassword }: AccountSectionProps) {
  return (
    <Section title="Account">
      <div className="flex min-w-0 items-center gap-3">
        <Avatar name={account.username} size="lg" />
        <div className="min-w-0">
          <p className="text-base font-medium wrap-anywhere">{account.username}</p>
          <p>
            <Badge tone={account.role === 'ADMIN' ? 'warn' : 'neutral'}>{roleWord(account.role)}</Badge>
          </p>
        </div>
      </div>
      <Facts label="About your account">
        <Fact name="Username">
          <UsernameForm username={account.username} />
        </Fact>
        {account.email !== null && (
          <Fact name="E-mail">
            {account.email} <span className="text-muted">It cannot be changed.</span>
          </Fact>
        )}
        <Fact name="Signs in by">{methodWord(account.authMethod)}</Fact>
        {canChangePassword && (
          <Fact name="Password">
            <span className="flex flex-wrap items-center gap-3">
              <Link href="/reset-password?returnUrl=%2Fprofile" className={buttonClass()}>
                Change password
              </Link>
              <span className="text-muted">It signs you out everywhere.</span>
            </span>
          </Fact>
        )}
      </Facts>
    </Section>
  )
}

function UsernameForm({ username }: { username: string }) {
  const router = useRouter()
  const [text, setText] = useState(username)
  const change = useMutation({
    mutationFn: (wanted: string) =>
      api('/v1/user', { method: 'PATCH', body: { user: { username: wanted } } }),
    onSuccess: () => {
      void notify('Your name was changed')
      router.refresh()
    },
  })
  const wanted = text.trim()
  return (
    <Form
      onSubmit={() => {
        if (wanted !== '' && wanted !== username) change.mutate(wanted)
      }}
      className="flex flex-col gap-2"
    >
      <div className="flex flex-wrap items-end gap-2">
        <TextField
          label="Username"
          isBare
          value={text}
          onChange={setText}
          autoComplete="nickname"
          error={wanted === '' ? 'The name must not be empty' : undefined}
          className="max-w-80 grow basis-40"
        />
        <Button
          type="submit"
          isDisabled={wanted === '' || wanted === username}
          isPending={change.isPending}
          className="h-9"
        >
          Save name
        </Button>
      </div>
      {change.isError && <Failure what="The name was not changed." error={change.error} />}
    </Form>
  )
}
