/** Asks `/graphql` as its route is asked over HTTP. */
import * as graphql from '#app/graphql/route'
import { type Answer, call } from './call'

export interface GraphqlAnswer extends Answer {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  data: any
  /** The messages of all errors, in one text; empty without any. */
  errors: string
}

/** Sends a query with these headers. */
export async function askGraphql(
  query: string,
  headers: Record<string, string> = {},
  variables?: object,
): Promise<GraphqlAnswer> {
  const answer = await call(graphql.POST, {
    method: 'POST',
    path: '/graphql',
    headers,
    body: { query, ...(variables && { variables }) },
  })
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
  const { data = null, errors = [] } = isJson ? answer.json : {}
  const messages = (errors as { message: string }[]).map(({ message }) => message)
  // `json` is a getter, so the answer is extended in place.
  return Object.assign(answer, { data, errors: messages.join(' | ') })
}
