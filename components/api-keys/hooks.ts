/** Making and deleting keys. The list itself comes with the page, which is asked for anew after a change. */
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import type { ApiKeyInput, ApiKeyKind } from '#server/api-keys/model'
import { api } from '../api'
import { globalId } from '../ids'

/** What the one answer that holds a key's text has in it. */
export interface CreatedKey {
  id: string
  name: string
  key: string
  scope: string
  role: string
  expires_at?: string
}

const PATHS = { system: '/v1/system/api_keys', user: '/v1/user/api_keys' } as const

/** Makes a key and returns it with its text, which nobody can ask for again. */
export async function createKey(kind: ApiKeyKind, input: ApiKeyInput): Promise<CreatedKey> {
  const { data } = await api<{ data: CreatedKey }>(PATHS[kind], { method: 'POST', body: { data: input } })
  return data
}

export function useCreateKey(kind: ApiKeyKind) {
  const router = useRouter()
  return useMutation({
    mutationFn: (input: ApiKeyInput) => createKey(kind, input),
    onSuccess: () => router.refresh(),
  })
}

export function useDeleteKey() {
  const router = useRouter()
  return useMutation({
    mutationFn: (rowId: number) =>
      api<void>(`${PATHS.system}/${encodeURIComponent(globalId('SystemApiKey', rowId))}`, {
        method: 'DELETE',
      }),
    onSuccess: () => router.refresh(),
  })
}
