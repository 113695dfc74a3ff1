const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof METHODS)[number]

/**
 * Handlers for the methods that a path does not have: 405 with a sentence and `Allow` (RFC 9110 15.5.6). Without them
 * the answer would have no body. Write `export const { PUT, PATCH } = otherMethods('GET', 'POST', 'DELETE')`.
 * @param allowed the methods that the path has
 */
export function otherMethods<M extends Method>(...allowed: M[]): Record<Exclude<Method, M>, () => Response> {
  const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  const refuse = () =>
    new Response(`Method not allowed here; try ${allow}`, {
      status: 405,
      headers: {
        allow,
        'content-type': 'text/plain; charset=utf-8',
        'x-error-code': 'method_not_allowed',
        'cache-control': 'no-store',
      },
    })
  const others = METHODS.filter((method) => !(allowed as Method[]).includes(method))
  return Object.fromEntries(others.map((method) => [method, refuse])) as Record<
    Exclude<Method, M>,
    () => Response
  >
}
