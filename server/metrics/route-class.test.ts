import { expect, test } from 'vitest'
import { routeClass } from '#server/metrics/route-class'

test.each([
  ['/v1/traces', 'otlp'],
  ['/v1/projects/secret-name/spans', 'rest'],
  ['/api/anything', 'rest'],
  ['/openapi.json', 'rest'],
  ['/healthz', 'health'],
  ['/auth/login', 'auth'],
  ['/oauth2/acme/tokens', 'auth'],
  ['/_next/static/a.js', 'static'],
  ['/favicon.ico', 'static'],
  ['/', 'pages'],
  ['/projects/1', 'pages'],
  ['/v1x', 'pages'],
  ['*', 'pages'],
])('%s is of the class %s', (path, expected) => {
  expect(routeClass(path)).toBe(expected)
})
