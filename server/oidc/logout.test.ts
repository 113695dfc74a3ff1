import { expect, test } from 'vitest'
import { endSessionAddress } from '#server/oidc/logout'

type Asked = Parameters<typeof endSessionAddress>[0]
const PLAIN: Asked = {
  issuer: 'https://sso.example/realms/corp',
  endpoint: 'https://sso.example/logout?realm=corp',
  clientId: 'bennu',
  back: 'https://traces.example.com/login',
  hint: 'a.b.c',
}
const wordsOf = (change: Partial<Asked> = {}) =>
  Object.fromEntries(new URL(endSessionAddress({ ...PLAIN, ...change })).searchParams)

test('signing out at a provider names the client, the id token and where to come back to', () => {
  expect(wordsOf()).toEqual({
    realm: 'corp',
    client_id: 'bennu',
    id_token_hint: 'a.b.c',
    post_logout_redirect_uri: 'https://traces.example.com/login',
  })
})

test.each([['x'.repeat(6001)], [null]])('an id token that is too long or not there is left out', (hint) => {
  expect(Object.keys(wordsOf({ hint }))).toEqual(['realm', 'client_id', 'post_logout_redirect_uri'])
})

// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
test.each([
  'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE',
  'https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_EXAMPLE',
])('Cognito is told in its own words where to come back to', (issuer) => {
  const endpoint = 'https://corp.auth.eu-central-1.amazoncognito.com/logout'
  expect(wordsOf({ issuer, endpoint })).toEqual({
    client_id: 'bennu',
    logout_uri: 'https://traces.example.com/login',
  })
})

test('a provider that only looks like Cognito is spoken to as any other', () => {
  const issuer = 'https://cognito-idp.evil.example/amazonaws.com/'
  expect(wordsOf({ issuer })).toHaveProperty('post_logout_redirect_uri')
})
