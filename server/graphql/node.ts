/** Finds anything by its id. What may not be seen and what is not there are told apart as REST does. */
import type { OwnedApiKey } from '#server/api-keys/model'
import { AppError } from '#server/errors'
import { decodeGlobalId } from '#server/global-id'
import type { Ask } from '#server/graphql/ask'
import { permit } from '#server/graphql/gate'
import { readSecretId } from '#server/graphql/types/secret'
import { loadUser, ROLES } from '#server/graphql/types/user'
import { can } from '#server/permissions'
import { listStoredSecrets } from '#server/secrets/reveal'
import { isOwnAccount } from '#server/users/protection'

type Find = (ask: Ask, rowId: number) => Promise<object | undefined>

const FINDERS: Record<string, Find> = {
  User: loadUser,
  UserRole: async (_ask, rowId) => ROLES.find(({ id }) => id === rowId),
  UserApiKey: findUserKey,
  SystemApiKey: (ask, rowId) => {
    permit(ask, 'systemApiKey.list')
    return ask.loaders.systemKey.load(rowId)
  },
  Project: (ask, rowId) => {
    permit(ask, 'project.read')
    return ask.loaders.project.load(rowId)
  },
  Trace: (ask, rowId) => {
    permit(ask, 'trace.read')
    return ask.loaders.trace.load(rowId)
  },
  ProjectSession: (ask, rowId) => {
    permit(ask, 'trace.read')
    return ask.loaders.session.load(rowId)
  },
  Span: (ask, rowId) => {
    permit(ask, 'trace.read')
    return ask.loaders.span.load(rowId)
  },
}

/**
 * The row with this id, with its type in `__typename`.
 * @throws AppError invalid: no id; forbidden; not_found
 */
export async function loadNode(ask: Ask, id: string): Promise<object> {
  const secret = readSecretId(id)
  if (secret !== null) return asNode('Secret', id, await findSecret(ask, secret))
  const decoded = decodeGlobalId(id)
  if (!decoded) throw new AppError('invalid', `Invalid id: ${JSON.stringify(id.slice(0, 100))}`)
  const find = Object.hasOwn(FINDERS, decoded.type) ? FINDERS[decoded.type] : undefined
  return asNode(decoded.type, id, await find?.(ask, decoded.rowId))
}

function asNode(type: string, id: string, row: object | undefined): object {
  if (!row) throw new AppError('not_found', `${type} ${JSON.stringify(id.slice(0, 100))} not found`)
  return { ...row, __typename: type }
}

/** Another's key is not there, to whoever sees only their own: nobody learns which there are. */
async function findUserKey(ask: Ask, rowId: number): Promise<OwnedApiKey | undefined> {
  permit(ask, 'userApiKey.listOwn')
  const key = await ask.loaders.userKey.load(rowId)
  const isVisible = key && (isOwnAccount(ask.ctx, key.user.id) || can(ask.ctx.actor, 'userApiKey.listAll'))
  return isVisible ? key : undefined
}

async function findSecret(ask: Ask, key: string) {
  permit(ask, 'secret.reveal')
  return (await listStoredSecrets(ask.ctx, [key]))[0]
}
