import { route } from '#app/_lib/handle'
import { otherMethods } from '#app/_lib/other-methods'
import { ProviderInput, ProviderRemoval, ProviderSwitch } from '#server/sso-providers/body'
import { deleteProvider, switchProvider, updateProvider } from '#server/sso-providers/change'

export const PUT = route<{ name: string }, unknown, ProviderInput>({
  can: 'signInProvider.update',
  body: ProviderInput,
  run: ({ ctx, params, body }) => updateProvider(ctx, params.name, body),
  status: 204,
})

export const PATCH = route<{ name: string }, unknown, ProviderSwitch>({
  can: 'signInProvider.update',
  body: ProviderSwitch,
  run: ({ ctx, params, body }) => switchProvider(ctx, params.name, body),
  status: 204,
})

export const DELETE = route<{ name: string }, ProviderRemoval>({
  can: 'signInProvider.delete',
  query: ProviderRemoval,
  run: ({ ctx, params, query }) => deleteProvider(ctx, params.name, { endSessions: query.end_sessions }),
  status: 204,
})

export const { GET, POST } = otherMethods('PUT', 'PATCH', 'DELETE')
