/** One request: read, judged, run, answered. GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/). */
import { type DocumentNode, GraphQLError, getOperationAST, parse, validate } from 'graphql'
import { createHandler } from 'graphql-http'
import { z } from 'zod'
import type { Ctx } from '#server/context'
import { AppError, toAppError } from '#server/errors'
import { type Ask, createAsk } from '#server/graphql/ask'
import { MAX_TOKENS, refuseTooMuch } from '#server/graphql/limits'
import { getSchema } from '#server/graphql/schema'
import { translateStorageError } from '#server/http'

/** The body of a request. Lists of requests are not taken. */
export const GraphqlBody = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})
export type GraphqlBody = z.infer<typeof GraphqlBody>

/** Faults of a query that are told at a time. */
const MAX_FAULTS = 20

interface Question extends Record<PropertyKey, unknown> {
  ask: Ask
  body: GraphqlBody
}

const handle = createHandler<null, Question, Record<PropertyKey, unknown> & Ask>({
  parseRequestParams: ({ context: { body } }) => ({
    query: body.query,
    variables: body.variables ?? undefined,
    operationName: body.operationName ?? undefined,
  }),
  onSubscribe: ({ context: { ask, body } }) => {
    try {
      return prepare(ask, body)
    } catch (error) {
      return { data: null, errors: [asGraphqlError(ask, error)] }
    }
  },
  // One field that failed takes all others with it: nobody mistakes half an answer for a whole one.
  onOperation: ({ context: { ask } }, _args, { data, errors }) =>
    errors ? { data: null, errors: errors.map((error) => asGraphqlError(ask, error)) } : { data },
})

/** The answer to a request as JSON text, and whether the session of the caller has ended by it. */
export async function answerGraphql(
  ctx: Ctx,
  body: GraphqlBody,
  again: () => Promise<Ctx>,
): Promise<{ json: string; clearsCookies: boolean }> {
  const ask = createAsk(ctx, again)
  const context = { ask, body }
  const headers = { accept: 'application/json' }
  try {
    const [json] = await handle({ method: 'POST', url: '/graphql', headers, body: null, raw: null, context })
    return { json: json ?? '', clearsCookies: ask.clearsCookies }
  } catch (error) {
    // An answer that no text can hold, for one.
    const json = JSON.stringify({ data: null, errors: [asGraphqlError(ask, error)] })
    return { json, clearsCookies: ask.clearsCookies }
  }
}

/**
 * What is to be run.
 * @throws AppError, GraphQLError
 */
function prepare(ask: Ask, { query, variables, operationName }: GraphqlBody) {
  const schema = getSchema()
  const document = parseBounded(query)
  refuseTooMuch(schema, document, variables ?? {})
  const errors = validate(schema, document, undefined, { maxErrors: MAX_FAULTS })
  if (errors.length > 0) return { data: null, errors: errors.map((error) => asGraphqlError(ask, error)) }
  const operation = getOperationAST(document, operationName)
  if (!operation) throw new AppError('invalid', 'operationName must name one of the operations that are sent')
  if (operation.operation === 'subscription') throw new AppError('invalid', 'There are no subscriptions here')
  return {
    schema,
    document,
    contextValue: ask as Record<PropertyKey, unknown> & Ask,
    variableValues: variables ?? {},
    operationName: operationName ?? undefined,
  }
}

/** @throws AppError too_large; GraphQLError: no GraphQL */
function parseBounded(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: MAX_TOKENS, noLocation: true })
  } catch (error) {
    // Brackets within brackets may be too deep for the parser long before they are too many.
    const tooMany =
      error instanceof RangeError || (error instanceof GraphQLError && /tokens/.test(error.message))
    if (!tooMany) throw error
    throw new AppError('too_large', `The query is too long: at most ${MAX_TOKENS} words and signs`)
  }
}

/** What the caller is told of a failure: expected ones as they are, others logged and without detail. */
function asGraphqlError(ask: Ask, caught: unknown): GraphQLError {
  const cause = caught instanceof GraphQLError ? caught.originalError : caught
  const places =
    caught instanceof GraphQLError ? { nodes: caught.nodes ?? null, path: caught.path ?? null } : {}
  if (caught instanceof GraphQLError && (cause === undefined || cause instanceof GraphQLError)) return caught
  const error = toAppError(translateStorageError(cause, ask.ctx))
  if (error.kind === 'internal') ask.ctx.log.error({ err: error.cause ?? error }, 'request failed')
  const sentence = error.kind === 'storage_full' ? `${error.message}: its storage is full` : error.message
  return new GraphQLError(sentence, { ...places, extensions: { code: error.code } })
}
