import { eq } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { authenticate } from '#server/auth/authenticate'
import { verifyPassword } from '#server/auth/password'
import { findUser } from '#server/users/find'
import { resetPasswordByCommandLine } from '#server/users/reset-password'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let world: TestRuntime
beforeAll(async () => {
  world = await createTestRuntime()
})
const readUser = async (id: number) =>
  (await findUser(world.db.read, world.db, id)) ?? expect.fail('no such user')

test('without a password one is made up that signs in and must be changed', async () => {
  const user = await createAccount(world)
  const reset = await resetPasswordByCommandLine(world, ` ${user.email?.toUpperCase()} `)
  expect(reset).toEqual({
    username: user.username,
    email: user.email,
    generatedPassword: expect.stringMatching(/^\S{20}$/),
  })
  const after = await readUser(user.id)
  expect(after.resetPassword).toBe(true)
  expect((await verifyPassword(reset.generatedPassword ?? '', after)).good).toBe(true)
})

test('a given password is taken and not shown again', async () => {
  const user = await createAccount(world)
  const reset = await resetPasswordByCommandLine(world, user.email ?? '', 'given on the line 3')
  expect(reset.generatedPassword).toBeNull()
  expect((await verifyPassword('given on the line 3', await readUser(user.id))).good).toBe(true)
})

test('every session of the account ends', async () => {
  const user = await createAccount(world)
  const { accessToken } = await createSession(world, user)
  await resetPasswordByCommandLine(world, user.email ?? '')
  const answer = await authenticate(world, { authorization: null, accessCookie: accessToken })
  expect(answer.problem).toBe('invalid')
})

test('it is recorded as done on the command line', async () => {
  const user = await createAccount(world)
  await resetPasswordByCommandLine(world, user.email ?? '')
  const { auditEvents } = world.db.t
  const events = await world.db.read
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.target, `User:${user.id}`))
  expect(events).toMatchObject([
    { action: 'user.resetPassword', outcome: 'success', actorKind: 'commandLine', targetName: user.username },
  ])
})

test('an old PBKDF2 salt does not stay behind', async () => {
  const user = await createAccount(world, { passwordHash: Buffer.alloc(32), passwordSalt: Buffer.alloc(32) })
  await resetPasswordByCommandLine(world, user.email ?? '')
  expect((await readUser(user.id)).passwordSalt).toBeNull()
})

test('a password that breaks the rules is refused and nothing changes', async () => {
  const user = await createAccount(world)
  await expect(resetPasswordByCommandLine(world, user.email ?? '', 'qwmzpf7')).rejects.toMatchObject({
    kind: 'invalid',
    message: 'The password needs at least 8 characters',
  })
  expect(await readUser(user.id)).toEqual(user)
})

test('an unknown address is named', async () => {
  await expect(resetPasswordByCommandLine(world, 'nobody@example.com')).rejects.toMatchObject({
    kind: 'not_found',
    message: 'No account has the address nobody@example.com',
  })
})

test('the system account is not an account to reset', async () => {
  await expect(resetPasswordByCommandLine(world, 'system@localhost')).rejects.toMatchObject({
    kind: 'not_found',
  })
})

test('an account that signs in elsewhere has no password to reset', async () => {
  const user = await createAccount(world, { authMethod: 'OAUTH2' })
  await expect(resetPasswordByCommandLine(world, user.email ?? '')).rejects.toMatchObject({
    kind: 'conflict',
  })
  expect(await readUser(user.id)).toEqual(user)
})
