/** Mails that tell of what an attacker would keep quiet. BENNU_SECURITY_MAILS=false silences them. */
import { and, eq, isNull } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import { inBackground } from '#server/mail/background'
import { passwordChangedMail, systemKeyMail } from '#server/mail/mails'
import { sendMail } from '#server/mail/send'
import type { User } from '#server/users/find'

const areOn = ({ config }: RecordCtx) => config.auth.enabled && config.mail?.securityMails === true

/** Tells somebody, after the change is committed, that their password was changed. Does not wait for the mail. */
export function tellPasswordChanged(ctx: RecordCtx, user: Pick<User, 'id' | 'username' | 'email'>): void {
  if (!areOn(ctx)) return
  const content = passwordChangedMail(ctx.config, user, ctx.clock())
  inBackground(ctx, sendMail(ctx, { kind: 'password-changed', to: recipient(user), content }))
}

/** Tells every admin, after it is committed, of a new system key. Does not wait for the mails. */
export function tellSystemKeyCreated(
  ctx: RecordCtx,
  key: { name: string; role: string; scope: string },
): void {
  if (areOn(ctx)) inBackground(ctx, mailAdmins(ctx, key))
}

async function mailAdmins(ctx: RecordCtx, key: { name: string; role: string; scope: string }): Promise<void> {
  const { users } = ctx.db.t
  const admins = await ctx.db.read
    .select({ id: users.id, username: users.username, email: users.email })
    .from(users)
    .where(and(eq(users.role, 'ADMIN'), isNull(users.disabledAt)))
  const content = systemKeyMail(ctx.config, { ...key, madeBy: await makerOf(ctx) }, ctx.clock())
  await Promise.all(
    admins.map((admin) => sendMail(ctx, { kind: 'system-key', to: recipient(admin), content })),
  )
}

async function makerOf({ db, actor }: RecordCtx): Promise<string> {
  if (actor.kind === 'adminSecret') return 'PHOENIX_ADMIN_SECRET'
  if (!('userId' in actor)) return 'the server'
  const { users } = db.t
  const [user] = await db.read.select({ name: users.username }).from(users).where(eq(users.id, actor.userId))
  return user?.name ?? 'somebody whose account is gone'
}

const recipient = ({ id, username, email }: Pick<User, 'id' | 'username' | 'email'>) => ({
  userId: id,
  username,
  email,
})
