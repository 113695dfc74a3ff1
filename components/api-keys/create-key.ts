/** Making a key: apart from the lists, because a project without traces makes keys too. */
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import type { ApiKeyInput, ApiKeyKind } from '#server/api-keys/model'
import { api } from '../api'

/** What the one answer that holds a key's text has in it. */
export interface CreatedKey {
  id: string
  name: string
  key: string
  scope: string
  role: string
  expires_at?: string
}

/** Where keys of either kind are made, rotated and deleted. */
export const KEY_PATHS = { system: '/v1/system/api_keys', user: '/v1/user/api_keys' } as const

/** After a change, lists of keys and of people (who are shown with their number of keys) are asked for anew. */
export function refreshKeys(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ['keys'] })
  void client.invalidateQueries({ queryKey: ['users'] })
}

/** Makes a key and returns it with its text, which nobody can ask for again. */
export function useCreateKey(kind: ApiKeyKind) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (input: ApiKeyInput) => {
      const { data } = await api<{ data: CreatedKey }>(KEY_PATHS[kind], {
        method: 'POST',
        body: { data: input },
      })
      return data
    },
    onSuccess: () => refreshKeys(client),
  })
}
