import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { testDirectory } from '#server/ldap/test-connection'
import { DirectoryTestInput } from '#server/ldap/test-connection-model'

export const POST = route({
  can: 'directory.test',
  body: DirectoryTestInput,
  run: ({ ctx, body }) => testDirectory(ctx, body.username ?? null),
})

export const { GET, PUT, PATCH, DELETE } = otherMethods('POST')
