'use client'
import { CircleCheck, CircleX, UserSearch } from 'lucide-react'
import type { RecentSignIn, ShortValue } from '#server/sso-providers/recent-model'
import { errorOf } from '../account/messages'
import { PageHead } from '../shell/page'
import { Badge } from '../ui/badge'
import { Failure } from '../ui/failure'
import { TextLink } from '../ui/link'
import { EmptyState } from '../ui/states'
import { TableSkeleton } from '../ui/table-skeleton'
import { RelativeTime } from '../ui/time'
import { userPath } from '../users/paths'
import { useRecentSignIns } from './hooks'
import { ruleSentence } from './words'

/** Why people got their role, or were refused: the last sign-ins through a provider. */
export function ExplainView({ name, displayName }: { name: string; displayName: string }) {
  const query = useRecentSignIns(name)
  return (
    <>
      <PageHead title={`Why this role: ${displayName}`}>
        What the last sign-ins brought and which rule decided. The newest 20 are kept for 7 days; long values
        are cut, tokens are never kept.
      </PageHead>
      {query.isError && (
        <Failure
          what={query.data ? 'The sign-ins could not be refreshed.' : 'The sign-ins could not be loaded.'}
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {!query.data && !query.isError && <TableSkeleton label="Loading the sign-ins" rows={3} />}
      {query.data?.signIns.length === 0 && (
        <EmptyState icon={<UserSearch className="size-6" />} title="Nobody has signed in here lately">
          After the next sign-in with {displayName} its claims stand here, with the rule that decided the role
          or the refusal.
        </EmptyState>
      )}
      <ol className="flex flex-col gap-3">
        {query.data?.signIns.map((signIn) => (
          <SignIn key={signIn.id} signIn={signIn} />
        ))}
      </ol>
    </>
  )
}

function SignIn({ signIn }: { signIn: RecentSignIn }) {
  const { at, outcome, code, user, claims, decision } = signIn
  const isGood = outcome === 'success'
  const refusal = errorOf(code ?? undefined)
  return (
    <li className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4">
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        {isGood ? (
          <Badge tone="ok" icon={<CircleCheck className="size-3" />}>
            signed in
          </Badge>
        ) : (
          <Badge tone="danger" icon={<CircleX className="size-3" />}>
            refused
          </Badge>
        )}
        {user ? (
          <TextLink href={userPath(user.id)} className="min-w-0 truncate">
            {user.username}
          </TextLink>
        ) : (
          <span className="text-muted">nobody with an account</span>
        )}
        {decision.role && <Badge>{decision.role}</Badge>}
        <RelativeTime at={Date.parse(at)} className="ml-auto text-xs text-muted" />
      </div>
      <p className="wrap-anywhere">
        {ruleSentence(decision)}
        {decision.from && (
          <>
            {' '}
            The value that counted: <code className="font-mono text-xs">{decision.from}</code>.
          </>
        )}{' '}
        {decision.note && sentenceOf(decision.note)}
      </p>
      {code && (
        <p className="text-muted">
          The login page said: {refusal ?? 'nothing'} <code className="font-mono text-xs">({code})</code>
        </p>
      )}
      <details>
        <summary className="cursor-pointer text-muted">{Object.keys(claims).length} claims</summary>
        <Claims claims={claims} />
      </details>
    </li>
  )
}

/** A remark as a sentence of its own. */
const sentenceOf = (note: string) =>
  `${note.charAt(0).toUpperCase()}${note.slice(1)}${/[.!?]$/.test(note) ? '' : '.'}`

function Claims({ claims }: { claims: { [name: string]: ShortValue } }) {
  return (
    <dl className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-x-4 gap-y-1 font-mono text-xs sm:grid-cols-[12rem_minmax(0,1fr)]">
      {Object.entries(claims).map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted wrap-anywhere">{name}</dt>
          <dd className="wrap-anywhere max-sm:mb-1">
            {typeof value === 'string' ? value : JSON.stringify(value)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
