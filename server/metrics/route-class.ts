/** Classes of paths. There are few of them and they hold nothing that a client chose, so they are fit for a label. */
const CLASSES: readonly [RegExp, string][] = [
  [/^\/v1\/traces$/, 'otlp'],
  [/^\/(healthz|readyz|arize_phoenix_version)$/, 'health'],
  [/^\/(v1|api|graphql|openapi\.json)(\/|$)/, 'rest'],
  [/^\/(auth|oauth2)(\/|$)/, 'auth'],
  [/^\/(_next\/|favicon\.ico$)/, 'static'],
]

/** The class of a path without its query; `pages` is what none of the others is. */
export function routeClass(path: string): string {
  return CLASSES.find(([pattern]) => pattern.test(path))?.[1] ?? 'pages'
}
