/** Stored secrets as the page asks for them, and what changes them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { SecretList } from '#server/secrets/model'
import { api } from '../api'

const SECRETS = ['secrets']
const REFRESH_MS = 30_000

/** Every stored secret by name; never a value. */
export function useSecrets() {
  return useQuery({
    queryKey: SECRETS,
    queryFn: ({ signal }) => api<SecretList>('/ui/secrets', { signal }),
    refetchInterval: REFRESH_MS,
  })
}

/** Sets a secret, or deletes it with a value of null. */
export function useChangeSecret() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (secret: { key: string; value: string | null }) =>
      api('/v1/secrets', { method: 'PUT', body: { secrets: [secret] } }),
    // The value is not kept longer than the request takes.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: SECRETS }),
  })
}
