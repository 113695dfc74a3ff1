'use client'
import { CircleCheck, CircleSlash, KeySquare, Trash2 } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { UserDetail } from '#server/users/model'
import { KeysPanel } from '../api-keys/keys-panel'
import { SessionsSection } from '../sessions/sessions-section'
import { Avatar } from '../ui/avatar'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Fact, Facts } from '../ui/facts'
import { Failure } from '../ui/failure'
import { Notice } from '../ui/notice'
import { Section } from '../ui/section'
import { SelectField } from '../ui/select-field'
import { ExactTime, RelativeTime } from '../ui/time'
import { type UserDeed, UserDialogs } from './deeds'
import { useUser } from './hooks'
import { type PasswordPolicy, PasswordPolicyProvider } from './password-policy'
import { UserState } from './user-state'
import { methodWord, ROLES } from './words'

interface UserViewProps {
  user: UserDetail
  policy: PasswordPolicy
}

/** One account: what it may, its keys and where it is signed in. */
export function UserView({ user: initial, policy }: UserViewProps) {
  const router = useRouter()
  const query = useUser(initial.id, initial)
  const user = query.data ?? initial
  const [deed, setDeed] = useState<UserDeed | null>(null)
  return (
    <PasswordPolicyProvider policy={policy}>
      <UserHead user={user} onDeed={setDeed} />
      {query.isError && (
        <Failure
          what="The account could not be refreshed."
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {user.whyNot.delete && <Notice>{user.whyNot.delete}.</Notice>}
      <UserFacts user={user} onDeed={setDeed} />
      <Section title="API keys" note="What this person made for themselves. They stop with the account.">
        <KeysPanel
          filter={{ list: 'user', owner: user.id }}
          label={`API keys of ${user.username}`}
          nothing={{ title: 'No keys', text: 'This person has made no API key.' }}
        />
      </Section>
      <SessionsSection owner={{ id: user.id, username: user.username }} />
      <UserDialogs
        deed={deed}
        onClose={() => setDeed(null)}
        onDeleted={() => router.replace('/settings/users')}
      />
    </PasswordPolicyProvider>
  )
}

interface PartProps {
  user: UserDetail
  onDeed: (deed: UserDeed) => void
}

function UserHead({ user, onDeed }: PartProps) {
  const { may, whyNot } = user
  const isDisabled = user.disabledAt !== null
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <div className="flex min-w-0 items-center gap-3">
        <Avatar name={user.username} size="lg" />
        <div className="min-w-0">
          <h1 className="text-xl font-semibold wrap-anywhere">{user.username}</h1>
          <p className="flex flex-wrap items-center gap-2 text-muted wrap-anywhere">
            {user.email ?? 'no e-mail address'}
            {user.isSelf && <Badge>you</Badge>}
          </p>
        </div>
      </div>
      <div className="flex flex-wrap gap-2">
        {user.authMethod === 'LOCAL' && (
          <Button
            isDisabled={!may.resetPassword}
            title={whyNot.resetPassword}
            icon={<KeySquare className="size-4" />}
            onPress={() => onDeed({ kind: 'password', user })}
          >
            Reset password
          </Button>
        )}
        <Button
          isDisabled={!may.disable}
          title={whyNot.disable}
          icon={isDisabled ? <CircleCheck className="size-4" /> : <CircleSlash className="size-4" />}
          onPress={() => onDeed({ kind: 'disable', user })}
        >
          {isDisabled ? 'Enable' : 'Disable'}
        </Button>
        <Button
          isDisabled={!may.delete}
          title={whyNot.delete}
          icon={<Trash2 className="size-4" />}
          onPress={() => onDeed({ kind: 'delete', user })}
        >
          Delete
        </Button>
      </div>
    </div>
  )
}

function UserFacts({ user, onDeed }: PartProps) {
  return (
    <Facts label="About this account">
      <Fact name="Role">
        <SelectField
          label={`Role of ${user.username}`}
          isBare
          options={ROLES}
          value={user.role}
          isDisabled={!user.may.changeRole}
          note={user.whyNot.changeRole}
          onChange={(role) => onDeed({ kind: 'role', user, role })}
          className="w-32"
        />
      </Fact>
      <Fact name="State">
        <span className="flex flex-wrap items-center gap-2">
          <UserState user={user} />
          {user.disabledAt !== null && (
            <span className="text-muted">
              <RelativeTime at={Date.parse(user.disabledAt)} />
              {user.disabledReason && `: ${user.disabledReason}`}
            </span>
          )}
        </span>
      </Fact>
      <Fact name="Signs in by">{methodWord(user.authMethod)}</Fact>
      <Fact name="Last seen">
        {user.lastSeenAt === null ? 'never' : <RelativeTime at={Date.parse(user.lastSeenAt)} />}
      </Fact>
      <Fact name="Created">
        <ExactTime at={Date.parse(user.createdAt)} />
      </Fact>
    </Facts>
  )
}
