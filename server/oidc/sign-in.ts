/** What happens here once a provider's token is believed: who may come in, as whom, with which role. */
import { randomInt } from 'node:crypto'
import type { Session } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import {
  type ClaimSet,
  type Decision,
  decide,
  emailOf,
  needsUserinfo,
  pictureOf,
  textOf,
} from '#server/oidc/claims'
import type { Discovery } from '#server/oidc/discovery'
import { type SignInCode, SignInFailure } from '#server/oidc/failure'
import { matchAccount, type Person } from '#server/oidc/match-account'
import type { Provider } from '#server/oidc/model'
import { keepOrigin } from '#server/oidc/sessions'
import { withUserinfo } from '#server/oidc/userinfo'
import type { Claims } from '#server/oidc/verify-token'
import { wrapSecret } from '#server/secrets/secrets'
import { noteSignIn, type SignInAttempt } from '#server/sso-providers/recent'
import { type OutsideOutcome, type OutsideRefusal, signInOutside } from '#server/users/outside-accounts'

/** A provider, and what it says of itself. */
export interface Trusted {
  provider: Provider
  discovery: Discovery
}

/** What the token endpoint gave, believed. */
export interface Tokens {
  claims: Claims
  idToken: string
  accessToken: string | null
}

const CODES: Record<OutsideRefusal, SignInCode> = {
  'email-in-use': 'email_in_use',
  blocked: 'sign_in_not_allowed',
  disabled: 'auth_failed',
  'sign-up-closed': 'sign_in_not_allowed',
  'other-identity': 'sign_in_not_allowed',
  'other-method': 'sign_in_not_allowed',
  'email-unverified': 'sign_in_not_allowed',
  'waits-for-address': 'email_in_use',
}

/**
 * Signs in whoever the tokens are about. What came and which rule decided is kept for admins, either way.
 * @throws SignInFailure when they are not let in
 */
export async function admit(ctx: Ctx, trusted: Trusted, tokens: Tokens): Promise<Session> {
  const { provider, discovery } = trusted
  const tell = (why: string) => ctx.log.warn({ provider: provider.name }, `sign-in: ${why}`)
  const sources = needsUserinfo(provider, [tokens.claims])
    ? await withUserinfo(discovery, tokens.claims, tokens.accessToken, tell)
    : [tokens.claims]
  const claims = Object.assign({}, ...[...sources].reverse())
  const note = (attempt: Pick<SignInAttempt, 'outcome' | 'code' | 'userId' | 'decision'>) =>
    noteSignIn(ctx, { provider: provider.name, claims, ...attempt })
  const refuse = async (failure: SignInFailure, rule: string, from: string | null, userId: number | null) => {
    await note({
      outcome: 'refused',
      code: failure.code,
      userId,
      decision: { rule, from, note: failure.message },
    })
    failure.isNoted = true
    return failure
  }
  const email = emailOf(provider, sources, tell)
  if (email === null)
    throw await refuse(
      new SignInFailure(
        'missing_email_scope',
        'no-email',
        `the claims hold no e-mail address at ${provider.emailPath}`,
      ),
      'email-missing',
      null,
      null,
    )
  const decision = decide(provider, sources, tell)
  if (!decision.admitted) throw await refuse(refusalOf(decision), decision.rule, decision.from, null)
  const person = personOf(trusted, tokens, email.isUnverified ? null : email.address)
  const outcome = await enter(ctx, trusted, tokens, { claims, person, admitted: decision.admitted })
  if ('refused' in outcome) {
    const { refused, userId } = outcome
    const failure = new SignInFailure(CODES[refused], refused, SENTENCES[refused], { cause: RECORDED })
    throw await refuse(failure, refused, null, userId)
  }
  const { user, session } = outcome
  const rule = outcome.keptRole ? 'last-admin' : ruleOf(decision, outcome)
  await note({
    outcome: 'success',
    code: null,
    userId: user.id,
    decision: { rule, role: user.role === 'SYSTEM' ? null : user.role, from: decision.from },
  })
  return session
}

/** The cause of a failure that is on record already. */
export const RECORDED = Symbol('recorded')

const SENTENCES: Record<OutsideRefusal, string> = {
  'email-in-use': 'another account has the e-mail address: delete or rename that account, or sign in as it',
  blocked: 'the address or the name was blocked when its account was deleted',
  disabled: 'the account is disabled',
  'sign-up-closed': 'there is no account for this person, and sign-up is off for this provider',
  'other-identity': 'the account belongs to another person or provider',
  'other-method': 'the account signs in another way',
  'waits-for-address':
    'an account was made for this address beforehand: it can be claimed once sign-up is off (ALLOW_SIGN_UP=false)',
  'email-unverified':
    'the provider says that the e-mail address is not verified, and nobody is known by the subject',
}

function refusalOf({ rule }: Decision): SignInFailure {
  if (rule === 'group-gate')
    return new SignInFailure('auth_failed', 'group', 'none of the groups in the claims is allowed in')
  return new SignInFailure(
    'auth_failed',
    'role',
    'the claims name no role that is known here, and one is demanded',
  )
}

/** A decision without a word on roles keeps the role of whoever has an account. */
function ruleOf({ rule, admitted }: Decision, { isNew }: { isNew: boolean }): string {
  return admitted?.role === null && !isNew ? 'kept-role' : rule
}

function personOf({ provider, discovery }: Trusted, { claims }: Tokens, email: string | null): Person {
  return { clientId: provider.clientId, subject: claims.sub ?? '', issuer: discovery.issuer, email }
}

interface Entrant {
  claims: ClaimSet
  person: Person
  admitted: NonNullable<Decision['admitted']>
}

async function enter(
  ctx: Ctx,
  { provider }: Trusted,
  { claims: { sid }, idToken }: Tokens,
  { claims, person, admitted }: Entrant,
): Promise<OutsideOutcome> {
  const sealedIdToken = await wrapSecret(ctx.config.auth, idToken)
  const vouched = {
    method: 'OAUTH2' as const,
    email: person.email,
    ...admitted,
    names: [textOf(claims.name)],
    suffix: () => `-${randomInt(10_000, 100_000)}`,
    pictureUrl: pictureOf(claims),
    ties: { oauth2ClientId: person.clientId, oauth2UserId: person.subject },
    details: { provider: provider.name },
  }
  const origin = { provider, person, sid: typeof sid === 'string' && sid !== '' ? sid : null, sealedIdToken }
  return signInOutside(
    ctx,
    vouched,
    (tx) => matchAccount(tx, ctx, provider, person),
    (tx, { user, session }) => keepOrigin(tx, ctx, origin, { user, sessionId: session.sessionId }),
  )
}
