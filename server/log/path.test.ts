import { expect, test } from 'vitest'
import { loggablePath } from '#server/log/path'

test.each([
  ['/v1/projects', '/v1/projects'],
  ['/', '/'],
  ['/settings/users', '/settings/users'],
  ['/ui/traces/0af7651916cd43dd8448eb211c80319c', '/ui/traces/0af7651916cd43dd8448eb211c80319c'],
  ['/v1/users/UHJvamVjdFNlc3Npb246MTIzNDU2', '/v1/users/UHJvamVjdFNlc3Npb246MTIzNDU2'],
  ['/v1/users/VXNlckFwaUtleToxMjM0NTY3%3D%3D', '/v1/users/VXNlckFwaUtleToxMjM0NTY3%3D%3D'],
  ['/v1/0af7651916cd43dd8448eb211c80319c', '/v1/[masked]'],
  ['/a-secret-of-24-characters', '/[masked]'],
  ['/v1/a%2Bsecret%2Fof%2Bmany-parts/spans', '/v1/[masked]/spans'],
])('%s is logged as %s', (path, logged) => expect(loggablePath(path)).toBe(logged))
