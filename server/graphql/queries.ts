/** What can be asked. Every query runs the function behind its twin of REST or of the pages. */
import { listKeys } from '#server/api-keys/many'
import { AppError } from '#server/errors'
import { builder, Node, needs } from '#server/graphql/builder'
import { connect, connectList, windowArgs, windowOf } from '#server/graphql/connection'
import { loadNode } from '#server/graphql/node'
import { ProjectConnection, SpanType } from '#server/graphql/types/refs'
import { SecretConnection } from '#server/graphql/types/secret'
import {
  ASSIGNABLE_ROLES,
  SystemApiKeyType,
  UserApiKeyType,
  UserConnection,
  UserRoleType,
  UserType,
} from '#server/graphql/types/user'
import { listProjectWindow } from '#server/projects/many'
import { MAX_SECRETS } from '#server/secrets/model'
import { listStoredSecrets } from '#server/secrets/reveal'
import { listUserWindow } from '#server/users/many'

/** Where a row stands among rows in order of their ids. */
const placeById = ({ id }: { id: number }) => ({ sort: id, id })

builder.queryFields((t) => ({
  viewer: t.field({
    type: UserType,
    nullable: true,
    description: 'Your own account; null while authentication is off, and for callers that are no person.',
    ...needs('profile.read'),
    resolve: async (_parent, _args, { ctx: { actor }, loaders }) => {
      if (actor.kind !== 'session' && actor.kind !== 'userKey') return null
      return (await loaders.user.load(actor.userId)) ?? null
    },
  }),
  users: t.field({
    type: UserConnection,
    args: windowArgs,
    ...needs('user.list'),
    resolve: async (_parent, args, ask) => {
      const window = windowOf(args)
      return connect(ask, await listUserWindow(ask.ctx, window), window, placeById)
    },
  }),
  userRoles: t.field({
    type: [UserRoleType],
    ...needs('profile.read'),
    resolve: () => [...ASSIGNABLE_ROLES],
  }),
  userApiKeys: t.field({
    type: [UserApiKeyType],
    ...needs('userApiKey.listAll'),
    resolve: async (_parent, _args, ask) => {
      const keys = await listKeys(ask.ctx, 'user')
      ask.spend(keys.length)
      return keys
    },
  }),
  systemApiKeys: t.field({
    type: [SystemApiKeyType],
    ...needs('systemApiKey.list'),
    resolve: async (_parent, _args, ask) => {
      const keys = await listKeys(ask.ctx, 'system')
      ask.spend(keys.length)
      return keys
    },
  }),
  secrets: t.field({
    type: SecretConnection,
    description: 'For the session of an admin alone. Reading values is recorded.',
    args: { keys: t.arg.stringList({ required: false }), ...windowArgs },
    ...needs('secret.reveal'),
    resolve: async (_parent, { keys, ...window }, ask) => {
      if ((keys?.length ?? 0) > MAX_SECRETS)
        throw new AppError('invalid', `At most ${MAX_SECRETS} keys at a time`)
      return connectList(ask, await listStoredSecrets(ask.ctx, keys ?? null), window, ({ key }) => key)
    },
  }),
  projects: t.field({
    type: ProjectConnection,
    args: windowArgs,
    ...needs('project.read'),
    resolve: async (_parent, args, ask) => {
      const window = windowOf(args)
      return connect(ask, await listProjectWindow(ask.ctx, window), window, placeById)
    },
  }),
  node: t.field({
    type: Node,
    description: 'Anything that has an id, as far as you may see it.',
    args: { id: t.arg.id({ required: true }) },
    ...needs('graphql.use'),
    resolve: (_parent, { id }, ask) => loadNode(ask, id),
  }),
  getSpanByOtelId: t.field({
    type: SpanType,
    nullable: true,
    description: 'The span with these 16 hex digits; of several, the one stored last.',
    args: { spanId: t.arg.string({ required: true }) },
    ...needs('trace.read'),
    resolve: async (_parent, { spanId }, { loaders }) => (await loaders.newestSpan.load(spanId)) ?? null,
  }),
}))
