/**
 * What the paths of this server begin with. Which answers are pages, and which prefixes may not be chosen, follows from this
 * one list; `middleware.ts` has to spell its part out once more, because it is read from the source. A test compares
 * both with each other and with the folders of `app`.
 */

/** Nothing here or below is a page. */
const MACHINE = [
  ...['v1', 'api', 'auth', 'oauth2', 'ui'],
  ...['healthz', 'readyz', 'arize_phoenix_version', 'openapi.json', 'favicon.ico'],
]
const PAGES = [
  ...['login', 'logout', 'forgot-password', 'reset-password', 'reset-password-with-token'],
  ...['profile', 'projects', 'settings'],
]
/** A page that brings its own policy, with files below it. */
const EXPLORER = 'graphql'
/** The framework's; what it sends from `static` is files. */
const FRAMEWORK = '_next'
/** What others may be asked for at the root of a host, by browsers, authorities and clients. */
const NOT_OURS = ['.well-known', 'mcp']

/** First parts of paths of which no path prefix may begin with one. */
export const TOP_LEVEL_PATHS: ReadonlySet<string> = new Set([
  ...MACHINE,
  ...PAGES,
  EXPLORER,
  FRAMEWORK,
  ...NOT_OURS,
])

const anyOf = (names: readonly string[]) => names.map((name) => name.replaceAll('.', '\\.')).join('|')

/** Matches addresses, with or without a query, of answers that are no pages and bring no policy of their own. */
export const NOT_A_PAGE = new RegExp(`^/(?:${anyOf([...MACHINE, FRAMEWORK])}|${EXPLORER}/[^?]*)(?=[/?]|$)`)

/** The paths that get their policy from the middleware, as its matcher has to say them. */
export const PAGE_MATCHER = `/((?!(?:${anyOf([...MACHINE, EXPLORER, `${FRAMEWORK}/static`])})(?:/|$)).*)`
