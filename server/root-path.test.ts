import { expect, it } from 'vitest'
import { withoutRoot, withRoot } from '#server/root-path'

it('puts the prefix before a path', () => {
  expect(withRoot({ server: { rootPath: '/a/b' } }, '/login')).toBe('/a/b/login')
  expect(withRoot({ server: { rootPath: '' } }, '/login')).toBe('/login')
})

it.each([
  ['/bennu', '/'],
  ['/bennu?x', '/?x'],
  ['/bennu/x', '/x'],
  ['/bennux', '/bennux'],
  ['/Bennu/x', '/Bennu/x'],
  ['/x/bennu', '/x/bennu'],
])('takes /bennu away from %s', (url, rest) => {
  expect(withoutRoot('/bennu', url)).toBe(rest)
})
