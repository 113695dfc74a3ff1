/** A browser that signs in at a provider: calls our routes as functions and keeps their cookies. */
import type { Answer } from './call'
import { call } from './call'

type Route = Parameters<typeof call>[0]

/** Cookies by name, as a browser keeps them. */
export class Jar {
  readonly cookies = new Map<string, string>()

  /** Takes over what an answer sets or removes. */
  keep({ headers }: Pick<Answer, 'headers'>): void {
    for (const line of headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/max-age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value.join('='))
    }
  }

  get header(): Record<string, string> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    return cookie === '' ? {} : { cookie }
  }
}

/** Begins at `/oauth2/<idp>/login`; the jar holds what comes with the way to the provider. */
export async function beginAt(
  routes: SsoRoutes,
  idp: string,
  jar: Jar,
  query = '',
  method = 'GET',
): Promise<Answer> {
  const handler = method === 'POST' ? routes.login.POST : routes.login.GET
  const path = `/oauth2/${idp}/login${query}`
  const answer = await call(handler as Route, { method, path, params: { idp }, headers: jar.header })
  jar.keep(answer)
  return answer
}

/** Comes back to where the provider sends the browser. */
export async function comeBack(routes: SsoRoutes, idp: string, jar: Jar, back: URL): Promise<Answer> {
  const path = back.pathname + back.search
  const answer = await call(routes.tokens.GET as Route, { path, params: { idp }, headers: jar.header })
  jar.keep(answer)
  return answer
}

/** The routes of a sign-in at a provider. */
export interface SsoRoutes {
  login: { GET: unknown; POST: unknown }
  tokens: { GET: unknown }
}
