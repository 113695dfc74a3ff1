/**
 * Who may call what over HTTP, written by hand: a change of access is a change of this file. The words are those of
 * PERMISSIONS, and further:
 *   public        behind `route`, which lets everybody pass; what it runs decides
 *   everybody     the same answer for all, without a look at the credential
 *   nothing here  404 for all
 *   own check     its own way of checking, named beside it
 * Methods that answer 405 are not listed.
 */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

const every = (word: string): Partial<Record<Method, string>> => ({
  GET: word,
  POST: word,
  PUT: word,
  PATCH: word,
  DELETE: word,
})

export const ROUTE_PERMISSIONS: Record<string, Partial<Record<Method, string>>> = {
  '/arize_phoenix_version': { GET: 'everybody' },
  '/openapi.json': { GET: 'everybody' },

  // Every operation in the query asks for a right of its own: server/graphql.
  '/graphql': { GET: 'graphql.use', POST: 'graphql.use' },
  '/graphql/[...path]': every('nothing here'),

  // Signing in needs no credential, refreshing and leaving read the cookies themselves.
  '/auth/login': { POST: 'public' },
  '/auth/ldap/login': { POST: 'public' },
  '/auth/logout': { GET: 'public' },
  '/auth/refresh': { POST: 'public' },
  // What the mail of the first hands out is the credential of the second.
  '/auth/password-reset-email': { POST: 'public' },
  '/auth/password-reset': { POST: 'public' },
  '/auth/[[...path]]': every('nothing here'),
  '/oauth2/[[...path]]': every('nothing here'),
  '/oauth2/[idp]/backchannel-logout': { POST: 'public' },
  '/oauth2/[idp]/callback': { GET: 'public' },
  '/oauth2/[idp]/login': { GET: 'public', POST: 'public' },
  '/oauth2/[idp]/tokens': { GET: 'public' },
  '/oauth2/callback': { GET: 'public' },
  '/api/[[...path]]': every('nothing here'),

  // handleOtlp: `trace.ingest`, answered as an OTLP Status.
  '/v1/traces': { POST: 'own check' },

  '/v1/projects': { GET: 'project.read', POST: 'project.create' },
  '/v1/projects/[project_identifier]': {
    GET: 'project.read',
    PUT: 'project.update',
    DELETE: 'project.delete',
  },
  '/v1/projects/[project_identifier]/spans': { GET: 'trace.read' },
  '/v1/projects/[project_identifier]/spans/otlpv1': { GET: 'trace.read' },

  '/v1/user': { GET: 'profile.read', PATCH: 'profile.update' },
  '/v1/user/api_keys': { GET: 'userApiKey.listOwn', POST: 'userApiKey.create' },
  '/v1/user/api_keys/[api_key_id]': { DELETE: 'userApiKey.delete' },
  '/v1/users': { GET: 'user.list', POST: 'user.create' },
  '/v1/users/[user_id]': { PATCH: 'user.update', DELETE: 'user.delete' },
  '/v1/user/api_keys/[api_key_id]/previous': { DELETE: 'userApiKey.rotate' },
  '/v1/user/api_keys/[api_key_id]/rotate': { POST: 'userApiKey.rotate' },
  '/v1/users/api_keys': { GET: 'userApiKey.listAll' },
  '/v1/system/api_keys': { GET: 'systemApiKey.list', POST: 'systemApiKey.create' },
  '/v1/system/api_keys/[api_key_id]': { DELETE: 'systemApiKey.delete' },
  '/v1/system/api_keys/[api_key_id]/previous': { DELETE: 'systemApiKey.rotate' },
  '/v1/system/api_keys/[api_key_id]/rotate': { POST: 'systemApiKey.rotate' },
  '/v1/secrets': { PUT: 'secret.update' },
  // 401 for the signed-out, 404 for the rest.
  '/v1/[[...path]]': every('public'),

  '/v1/audit': { GET: 'audit.read' },
  '/v1/audit/[entry_number]': { GET: 'audit.read' },
  '/v1/audit/export': { GET: 'audit.export' },

  // For our own pages.
  '/ui/general': { GET: 'settings.read' },
  '/ui/notices': { GET: 'notice.list' },
  '/ui/mail': { GET: 'mail.read' },
  '/ui/sign-in/ldap': { GET: 'directory.read' },
  '/ui/sign-in/ldap/test': { POST: 'directory.test' },
  '/ui/sign-in/ldap/sync': { POST: 'directory.compare' },
  '/ui/mail/test': { POST: 'mail.test' },
  '/ui/users/[id]/reset-link': { POST: 'user.update' },
  '/ui/users': { GET: 'user.list' },
  '/ui/users/[id]': { GET: 'user.list' },
  '/ui/blocked': { GET: 'identityBlock.list' },
  '/ui/blocked/[id]': { DELETE: 'identityBlock.lift' },
  '/ui/blocked/lift': { POST: 'identityBlock.lift' },
  '/ui/sessions': { GET: 'session.listOwn', DELETE: 'session.endOwn' },
  '/ui/sessions/[id]': { DELETE: 'session.endOwn' },
  '/ui/users/[id]/sessions': { GET: 'session.listAll', DELETE: 'session.endAny' },
  '/ui/users/[id]/sessions/[sessionId]': { DELETE: 'session.endAny' },
  // One's own keys; what is not one's own is asked for by what it runs.
  '/ui/keys': { GET: 'userApiKey.listOwn' },
  '/ui/keys/[id]/usage': { GET: 'userApiKey.listOwn' },
  '/ui/secrets': { GET: 'secret.list' },
  '/ui/sign-in': { GET: 'signInProvider.list' },
  '/ui/sign-in/providers': { POST: 'signInProvider.create' },
  '/ui/sign-in/providers/[name]': {
    PUT: 'signInProvider.update',
    PATCH: 'signInProvider.update',
    DELETE: 'signInProvider.delete',
  },
  '/ui/sign-in/order': { PUT: 'signInProvider.update' },
  '/ui/sign-in/states': { GET: 'signInProvider.list' },
  '/ui/sign-in/test': { POST: 'signInProvider.test' },
  '/ui/sign-in/recent/[name]': { GET: 'signInProvider.explain' },
  '/ui/projects': { GET: 'project.read' },
  '/ui/projects/[id]': { GET: 'project.read' },
  '/ui/projects/[id]/traces': { GET: 'trace.read' },
  '/ui/traces/[traceId]': { GET: 'trace.read' },
  '/ui/spans/[rowId]': { GET: 'trace.read' },
}
