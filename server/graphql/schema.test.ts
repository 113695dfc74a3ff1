import { readFileSync } from 'node:fs'
import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { getSchema, operationNeeds, schemaText } from '#server/graphql/schema'

test('schema.graphql is what `npm run graphql:schema` writes', () => {
  const file = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')
  expect(file).toBe(schemaText())
})

/** What scripts rely on, by hand: `!` is never null. */
const FIELDS: Record<string, string> = {
  Query:
    'viewer: User, users: UserConnection!, userRoles: [UserRole!]!, userApiKeys: [UserApiKey!]!, ' +
    'systemApiKeys: [SystemApiKey!]!, secrets: SecretConnection!, projects: ProjectConnection!, node: Node!, ' +
    'getSpanByOtelId: Span',
  User:
    'id: ID!, email: String, username: String!, profilePictureUrl: String, createdAt: DateTime!, ' +
    'authMethod: AuthMethod!, role: UserRole!, passwordNeedsReset: Boolean!, apiKeys: [UserApiKey!]!, ' +
    'apiKeyCount: Int!, isManagementUser: Boolean!',
  UserRole: 'id: ID!, name: String!',
  UserApiKey:
    'id: ID!, name: String!, description: String, createdAt: DateTime!, expiresAt: DateTime, user: User!',
  SystemApiKey: 'id: ID!, name: String!, description: String, createdAt: DateTime!, expiresAt: DateTime',
  Secret: 'id: ID!, key: String!, updatedAt: DateTime!, user: User, value: SecretValue!',
  DecryptedSecret: 'value: String!',
  UnparsableSecret: 'parseError: String!',
  Project:
    'id: ID!, name: String!, description: String, hasTraces: Boolean!, traceCount: Int!, recordCount: Int!, ' +
    'trace: Trace, spans: SpanConnection!, sessions: ProjectSessionConnection!, latencyMsQuantile: Float',
  Trace:
    'id: ID!, traceId: ID!, startTime: DateTime!, endTime: DateTime!, latencyMs: Float, project: Project!, ' +
    'projectId: ID!, projectSessionId: ID, session: ProjectSession, rootSpan: Span, numSpans: Int!, ' +
    'spans: SpanConnection!, traceAnnotations: [TraceAnnotation!]!',
  Span:
    'id: ID!, spanId: ID!, name: String!, statusCode: SpanStatusCode!, statusMessage: String!, startTime: DateTime!, ' +
    'endTime: DateTime, latencyMs: Float, parentId: ID, spanKind: String!, trace: Trace!, context: SpanContext!, ' +
    'attributes: String!, metadata: String, tokenCountTotal: Float, tokenCountPrompt: Float, ' +
    'tokenCountCompletion: Float, input: SpanIOValue, output: SpanIOValue, events: [SpanEvent!]!, ' +
    'cumulativeTokenCountTotal: Float, cumulativeTokenCountPrompt: Float, cumulativeTokenCountCompletion: Float, ' +
    'numChildSpans: Int!, project: Project!, spanAnnotations: [SpanAnnotation!]!, ' +
    'documentEvaluations: [DocumentEvaluation!]!',
  SpanContext: 'traceId: ID!, spanId: ID!',
  SpanIOValue: 'value: String!, mimeType: String!',
  ProjectSession:
    'id: ID!, sessionId: String!, startTime: DateTime!, endTime: DateTime!, project: Project!, numTraces: Int!, ' +
    'traces: TraceConnection!, sessionAnnotations: [ProjectSessionAnnotation!]!',
  PageInfo: 'hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String',
}
const ANNOTATION =
  'id: ID!, name: String!, annotatorKind: AnnotatorKind!, label: String, score: Float, explanation: String, ' +
  'metadata: JSON!, source: AnnotationSource!, identifier: String!, createdAt: DateTime!, updatedAt: DateTime!, user: User'
const TYPES = {
  ...FIELDS,
  SpanAnnotation: `${ANNOTATION}, spanId: ID!`,
  TraceAnnotation: `${ANNOTATION}, trace: Trace!`,
  ProjectSessionAnnotation: ANNOTATION,
  DocumentEvaluation: `${ANNOTATION}, documentPosition: Int!`,
}

test.each(Object.entries(TYPES))('%s has the fields that scripts name', (name, text) => {
  const type = getSchema().getType(name)
  if (!isObjectType(type)) expect.fail(`no object type ${name}`)
  const fields = Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`)
  expect(fields.sort()).toEqual(text.split(', ').sort())
})

/** Inputs with their defaults. */
const INPUTS: Record<string, string> = {
  createUser:
    'email: String!, username: String!, password: String, role: UserRoleInput!, sendWelcomeEmail: Boolean = false, ' +
    'authMethod: AuthMethod = LOCAL',
  patchUser: 'userId: ID!, newRole: UserRoleInput, newUsername: String, newPassword: String',
  patchViewer: 'newUsername: String, newPassword: String, currentPassword: String',
  deleteUsers: 'userIds: [ID!]!',
  createSystemApiKey: 'name: String!, description: String, expiresAt: DateTime',
  createUserApiKey: 'name: String!, description: String, expiresAt: DateTime',
  deleteSystemApiKey: 'id: ID!',
  deleteUserApiKey: 'id: ID!',
  upsertOrDeleteSecrets: 'secrets: [SecretKeyValueInput!]!',
}
const ANSWERS: Record<string, string> = {
  createUser: 'user: User!',
  patchUser: 'user: User!',
  patchViewer: 'user: User!',
  deleteUsers: 'userIds: [ID!]!',
  createSystemApiKey: 'jwt: String!, apiKey: SystemApiKey!, query: Query!',
  createUserApiKey: 'jwt: String!, apiKey: UserApiKey!, query: Query!',
  deleteSystemApiKey: 'apiKeyId: ID!, query: Query!',
  deleteUserApiKey: 'apiKeyId: ID!, query: Query!',
  upsertOrDeleteSecrets: 'upsertedSecrets: [Secret!]!, deletedIds: [ID!]!, query: Query!',
}

test('every mutation takes and answers what scripts send and read', () => {
  const mutations = getSchema().getMutationType()?.getFields() ?? {}
  expect(Object.keys(mutations).sort()).toEqual(Object.keys(INPUTS).sort())
  for (const [name, field] of Object.entries(mutations)) {
    const [input] = field.args
    if (!input) expect.fail(`${name} has no input`)
    const inputType = (input.type as unknown as { ofType: { getFields(): Record<string, InputField> } })
      .ofType
    const taken = Object.values(inputType.getFields()).map(asText)
    expect([name, input.name, ...taken.sort()]).toEqual([
      name,
      'input',
      ...(INPUTS[name] ?? '').split(', ').sort(),
    ])
    const answer = (field.type as unknown as { ofType: { getFields(): Record<string, InputField> } }).ofType
    const given = Object.values(answer.getFields()).map(({ name, type }) => `${name}: ${type}`)
    expect([name, ...given.sort()]).toEqual([name, ...(ANSWERS[name] ?? '').split(', ').sort()])
  }
})

interface InputField {
  name: string
  type: object
  defaultValue?: unknown
}

const asText = ({ name, type, defaultValue }: InputField) =>
  `${name}: ${type}${defaultValue === undefined ? '' : ` = ${defaultValue}`}`

/** The rights, by hand: those of the routes of REST that do the same. */
const RIGHTS: Record<string, string> = {
  'Query.viewer': 'profile.read',
  'Query.users': 'user.list',
  'Query.userRoles': 'profile.read',
  'Query.userApiKeys': 'userApiKey.listAll',
  'Query.systemApiKeys': 'systemApiKey.list',
  'Query.secrets': 'secret.reveal',
  'Query.projects': 'project.read',
  // Asks by the type of what it finds.
  'Query.node': 'graphql.use',
  'Query.getSpanByOtelId': 'trace.read',
  'Mutation.createUser': 'user.create',
  'Mutation.patchUser': 'user.update',
  'Mutation.patchViewer': 'profile.update',
  'Mutation.deleteUsers': 'user.delete',
  'Mutation.createUserApiKey': 'userApiKey.create',
  'Mutation.createSystemApiKey': 'systemApiKey.create',
  'Mutation.deleteUserApiKey': 'userApiKey.delete',
  'Mutation.deleteSystemApiKey': 'systemApiKey.delete',
  'Mutation.upsertOrDeleteSecrets': 'secret.update',
}

test('every operation asks for the right of its twin on REST', () => {
  const asked = Object.entries(operationNeeds()).map(([name, { can }]) => [name, can])
  expect(Object.fromEntries(asked)).toEqual(RIGHTS)
})
