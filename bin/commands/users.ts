/** `bennu users …`: accounts, for whoever can read the server's configuration. */
import { prepareAudit } from '#server/audit/chain'
import type { RecordCtx } from '#server/audit/record'
import { mailResetLinkTo } from '#server/auth/reset-link'
import { AppError } from '#server/errors'
import { untilBackgroundIsDone } from '#server/mail/background'
import { createUser } from '#server/users/create'
import { findUserByEmail, sanitizeEmail, type User } from '#server/users/find'
import { listUsers } from '#server/users/list'
import { Email, Username } from '#server/users/model'
import { generatePassword, resetPasswordByCommandLine } from '#server/users/reset-password'
import { updateUser } from '#server/users/update'
import type { ConfigFlags } from './read-config'
import { withDatabase } from './with-database'

const PAGE = 500
/** Longest that a mail is waited for before the command ends. */
const MAIL_GRACE_MS = 35_000

/** `bennu users list`: a line for each account on stdout, tab-separated, below a line of headings. */
export async function listAccounts(flags: ConfigFlags): Promise<void> {
  await withAccounts(flags, async (ctx) => {
    print(['id', 'username', 'email', 'role', 'signs in by', 'state', 'last seen'].join('\t'))
    let from: number | null = null
    do {
      const page: Awaited<ReturnType<typeof listUsers>> = await listUsers(ctx, { from, limit: PAGE })
      for (const user of page.users) print(lineOf(user))
      from = page.next
    } while (from !== null)
  })
}

function lineOf(user: User): string {
  const { id, username, email, role, authMethod, lastSeenAt } = user
  const seen = lastSeenAt?.toISOString() ?? 'never'
  return [id, oneLine(username), email ?? '', role, authMethod, stateOf(user), seen].join('\t')
}

function stateOf({ role, authMethod, disabledAt, passwordHash, resetPassword }: User): string {
  if (disabledAt) return 'disabled'
  if (role !== 'SYSTEM' && authMethod === 'LOCAL' && passwordHash === null) return 'no password'
  return resetPassword ? 'must reset' : 'active'
}

/** A name holds what people like, a line of the list one account. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]/gu, '\ufffd')

interface CreateFlags extends ConfigFlags {
  name?: string
  role: string
}

/**
 * `bennu users create <email>`: makes an account with a random password, to be changed at the first sign-in, and prints it.
 * @throws AppError invalid (address, name), undecodable (role), conflict (taken, blocked)
 */
export async function createAccount(email: string, flags: CreateFlags): Promise<void> {
  const address = Email.safeParse(email)
  const name = Username.safeParse(flags.name ?? email.split('@')[0])
  const fault = address.error?.issues[0] ?? name.error?.issues[0]
  if (!address.success || !name.success) throw new AppError('invalid', fault?.message ?? 'Not an address')
  await withAccounts(flags, async (ctx) => {
    await refuseBeforeFirstStart(ctx)
    const password = generatePassword()
    const input = {
      auth_method: 'LOCAL',
      email: address.data,
      username: name.data,
      role: flags.role,
    } as const
    const user = await createUser(ctx, { ...input, password })
    print(
      `Made ${user.username} <${user.email}> (${user.role}). Password, to be changed at the first sign-in:`,
    )
    print(password)
  })
}

/** The built-in accounts have to come first: their ids are fixed. */
async function refuseBeforeFirstStart(ctx: RecordCtx): Promise<void> {
  const { users } = await listUsers(ctx, { from: null, limit: 1 })
  if (users.length === 0)
    throw new AppError('conflict', 'no server has run on this database yet: start `bennu serve` first')
}

/**
 * `bennu users disable <email>` and `enable`: refuses everything that the account shows, and lets it in again.
 * @throws AppError not_found, conflict (the last admin), forbidden (the system account)
 */
export async function switchAccount(
  email: string,
  flags: ConfigFlags & { reason?: string },
  disabled: boolean,
): Promise<void> {
  await withAccounts(flags, async (ctx) => {
    const user = await findUserByEmail(ctx.db.read, ctx.db, sanitizeEmail(email))
    if (!user) throw new AppError('not_found', `No account has the address ${email}`)
    await updateUser(ctx, user.id, { disabled, disabled_reason: flags.reason?.slice(0, 200) })
    print(`${user.username} <${user.email}> is ${disabled ? 'disabled' : 'enabled'}`)
  })
}

/**
 * `bennu users reset-password <email>`: prints a new password on stdout, to be changed at the next sign-in. With
 * `--mail` it mails a link instead, and the present password works until that is used.
 * @throws AppError not_found, conflict (see `resetPasswordByCommandLine`), unavailable (the mail was not taken)
 */
export async function resetPassword(email: string, flags: ConfigFlags & { mail?: boolean }): Promise<void> {
  await withAccounts(flags, async (ctx) => {
    if (flags.mail) return mailLink(ctx, email)
    const reset = await resetPasswordByCommandLine(ctx, email)
    print(`New password of ${reset.username} <${reset.email}>, to be changed at the next sign-in:`)
    print(String(reset.generatedPassword))
  })
}

async function mailLink(ctx: RecordCtx, email: string): Promise<void> {
  const user = await findUserByEmail(ctx.db.read, ctx.db, sanitizeEmail(email))
  if (!user) throw new AppError('not_found', `No account has the address ${email}`)
  const outcome = await mailResetLinkTo(ctx, user.id)
  if (!outcome.ok) throw new AppError('unavailable', `The link was not mailed. ${outcome.sentence}`)
  print(`Mailed a link to ${user.username} <${user.email}>`)
}

function withAccounts(flags: ConfigFlags, work: (ctx: RecordCtx) => Promise<void>): Promise<void> {
  return withDatabase('bennu users', flags, async (ctx) => {
    await prepareAudit(ctx)
    await work(ctx)
    // What somebody is told by mail goes while the command ends.
    await untilBackgroundIsDone(MAIL_GRACE_MS)
  })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
