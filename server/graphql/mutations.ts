/** What can be changed about accounts. Every mutation runs the function behind its twin of REST. */
import { requireGlobalId } from '#server/global-id'
import { builder, needs } from '#server/graphql/builder'
import { inWords, parseAs, rowIdOf } from '#server/graphql/input'
import { AuthMethodType, RoleInput, UserType } from '#server/graphql/types/user'
import { changeUser } from '#server/users/change-user'
import { createUser } from '#server/users/create'
import { deleteUsers } from '#server/users/delete'
import type { User } from '#server/users/find'
import { NewUser, ProfileChange, UserChange } from '#server/users/model'
import { updateOwnProfile } from '#server/users/profile'

const CreateUserInput = builder.inputType('CreateUserInput', {
  fields: (t) => ({
    email: t.string({ required: true }),
    username: t.string({ required: true }),
    password: t.string(),
    role: t.field({ type: RoleInput, required: true }),
    sendWelcomeEmail: t.boolean({ defaultValue: false }),
    authMethod: t.field({ type: AuthMethodType, defaultValue: 'LOCAL' }),
  }),
})

const PatchUserInput = builder.inputType('PatchUserInput', {
  fields: (t) => ({
    userId: t.id({ required: true }),
    newRole: t.field({ type: RoleInput }),
    newUsername: t.string(),
    newPassword: t.string(),
  }),
})

const PatchViewerInput = builder.inputType('PatchViewerInput', {
  fields: (t) => ({ newUsername: t.string(), newPassword: t.string(), currentPassword: t.string() }),
})

const DeleteUsersInput = builder.inputType('DeleteUsersInput', {
  fields: (t) => ({ userIds: t.idList({ required: true }) }),
})

const UserPayload = builder.objectRef<{ user: User }>('UserMutationPayload').implement({
  fields: (t) => ({ user: t.expose('user', { type: UserType }) }),
})

const DeleteUsersPayload = builder.objectRef<{ userIds: string[] }>('DeleteUsersMutationPayload').implement({
  fields: (t) => ({ userIds: t.exposeIDList('userIds') }),
})

const WORDS_OF_DELETION = {
  'User not found': 'Some user IDs could not be found',
  'The default admin keeps its role and cannot be deleted': 'Cannot delete the default admin user',
}

builder.mutationFields((t) => ({
  createUser: t.field({
    type: UserPayload,
    args: { input: t.arg({ type: CreateUserInput, required: true }) },
    ...needs('user.create'),
    resolve: async (_parent, { input }, { ctx }) => {
      const { authMethod, sendWelcomeEmail, ...user } = input
      const body = {
        user: { ...user, auth_method: authMethod ?? 'LOCAL' },
        send_welcome_email: sendWelcomeEmail ?? false,
      }
      const parsed = parseAs(NewUser, body)
      return { user: await createUser(ctx, parsed.user, { welcome: parsed.send_welcome_email }) }
    },
  }),
  patchUser: t.field({
    type: UserPayload,
    args: { input: t.arg({ type: PatchUserInput, required: true }) },
    ...needs('user.update'),
    resolve: async (_parent, { input }, { ctx }) => {
      const { userId, newRole: role, newUsername: username, newPassword: password } = input
      const change = parseAs(UserChange, { user: { role, username, password } })
      const { user } = await changeUser(ctx, requireGlobalId('User', userId), change.user)
      return { user }
    },
  }),
  patchViewer: t.field({
    type: UserPayload,
    args: { input: t.arg({ type: PatchViewerInput, required: true }) },
    ...needs('profile.update'),
    resolve: async (_parent, { input }, ask) => {
      const { newUsername: username, newPassword: password, currentPassword: current_password } = input
      const change = parseAs(ProfileChange, { user: { username, password, current_password } })
      const { user, sessionsEnded } = await updateOwnProfile(ask.ctx, change.user)
      if (sessionsEnded) ask.clearsCookies = true
      return { user }
    },
  }),
  deleteUsers: t.field({
    type: DeleteUsersPayload,
    args: { input: t.arg({ type: DeleteUsersInput, required: true }) },
    ...needs('user.delete'),
    resolve: async (_parent, { input: { userIds } }, { ctx }) => {
      const rowIds = userIds.map((id) => rowIdOf('User', id, 'Some user IDs could not be found'))
      await inWords(WORDS_OF_DELETION, () => deleteUsers(ctx, rowIds))
      return { userIds }
    },
  }),
}))
