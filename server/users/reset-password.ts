/** The way back in for somebody who runs the server and has lost a password. */
import { randomInt } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Logger } from 'pino'
import { prepareAudit } from '#server/audit/chain'
import { recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import { passwordFaults } from '#server/auth/password-policy'
import { endMailedLink } from '#server/auth/reset-tokens'
import { endSessions } from '#server/auth/sessions'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { AppError } from '#server/errors'
import { clearLockout } from '#server/limits/lockout'
import { tellPasswordChanged } from '#server/mail/security-mails'
import { findUserByEmail, sanitizeEmail, type User } from '#server/users/find'

/** What a command of the command line has at hand. */
export interface CommandWorld {
  db: Database
  config: Config
  clock: () => Date
  log: Logger
}

export interface PasswordReset {
  username: string
  email: string
  /** The password that was made up, to be shown once; null when one was given. */
  generatedPassword: string | null
}

/**
 * Gives an account a new password that must be changed at the next sign-in, and ends its sessions.
 * @throws AppError not_found, conflict (the account signs in elsewhere), invalid (the given password breaks the rules)
 */
export async function resetPasswordByCommandLine(
  world: CommandWorld,
  email: string,
  newPassword?: string,
): Promise<PasswordReset> {
  const user = await findUserByEmail(world.db.read, world.db, sanitizeEmail(email))
  if (!user || user.role === 'SYSTEM') throw new AppError('not_found', `No account has the address ${email}`)
  if (user.authMethod !== 'LOCAL') {
    throw new AppError('conflict', `${email} signs in by ${user.authMethod} and has no password here`)
  }
  const password = newPassword ?? generatePassword()
  if (newPassword !== undefined) await refuseFaults(world, newPassword, user)
  const passwordHash = await hashPassword(password)
  await prepareAudit(world)
  const ctx = {
    ...world,
    actor: { kind: 'commandLine' as const },
    request: { address: null, userAgent: null },
  }
  await world.db.write(async (tx) => {
    const { users } = world.db.t
    await tx
      .update(users)
      .set({ passwordHash, passwordSalt: null, resetPassword: true, updatedAt: world.clock() })
      .where(eq(users.id, user.id))
    await endSessions(tx, world.db, user.id)
    await endMailedLink(tx, world.db, user.id)
    await clearLockout(tx, world, user)
    await recordEvent(tx, ctx, {
      action: 'user.resetPassword',
      outcome: 'success',
      target: `User:${user.id}`,
      targetName: user.username,
    })
  })
  tellPasswordChanged(ctx, user)
  const generatedPassword = newPassword === undefined ? password : null
  return { username: user.username, email: user.email ?? email, generatedPassword }
}

async function refuseFaults({ config }: CommandWorld, password: string, user: User): Promise<void> {
  const faults = await passwordFaults(config, password, user)
  if (faults.length > 0) throw new AppError('invalid', faults.join('. '))
}

// Without 0/O, 1/l/I: it is read off a screen. Each group brings what the strong rules ask for.
const GROUPS = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '_+!@']
const LENGTH = 20

/** About 115 random bits that satisfy every rule of password-policy.ts. */
export function generatePassword(): string {
  const all = GROUPS.join('')
  const pick = (letters: string) => letters.charAt(randomInt(letters.length))
  const letters = [...GROUPS.map(pick), ...Array.from({ length: LENGTH - GROUPS.length }, () => pick(all))]
  for (let last = letters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    ;[letters[last], letters[other]] = [letters[other] as string, letters[last] as string]
  }
  return letters.join('')
}
