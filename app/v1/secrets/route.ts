import { z } from 'zod'
import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { SecretChanges, SecretsChanged } from '#server/secrets/model'
import { changeSecrets } from '#server/secrets/stored'

export const PUT = route({
  can: 'secret.update',
  body: SecretChanges,
  run: async ({ ctx, body }) => ({ data: await changeSecrets(ctx, body) }),
  summary: 'Set or delete stored secrets; their values are never shown again',
  response: z.object({ data: SecretsChanged }),
})

export const { GET, POST, PATCH, DELETE } = otherMethods('PUT')
