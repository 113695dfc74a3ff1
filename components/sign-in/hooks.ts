/** Identity providers as the settings page asks for them, and what changes them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ProviderReport } from '#server/oidc/model'
import type { ProviderInput, ProviderState, SignInSettings } from '#server/sso-providers/model'
import type { RecentSignIns } from '#server/sso-providers/recent-model'
import { api } from '../api'

const SETTINGS = ['sign-in']
const REFRESH_MS = 30_000
/** Each time every provider is asked over the network. */
const STATES_MS = 5 * 60_000

/** Every provider, those of the environment first; never a secret. */
export function useSignInSettings() {
  return useQuery({
    queryKey: SETTINGS,
    queryFn: ({ signal }) => api<SignInSettings>('/ui/sign-in', { signal }),
    refetchInterval: REFRESH_MS,
  })
}

/** Whether the providers answer at this moment; it may take them ten seconds. Until then, and when it fails, nothing. */
export function useProviderStates(): readonly ProviderState[] {
  const { data } = useQuery({
    queryKey: [...SETTINGS, 'states'],
    queryFn: ({ signal }) => api<{ states: ProviderState[] }>('/ui/sign-in/states', { signal }),
    refetchInterval: STATES_MS,
    retry: false,
  })
  return data?.states ?? []
}

/** What the last sign-ins through a provider brought. */
export function useRecentSignIns(name: string) {
  return useQuery({
    queryKey: [...SETTINGS, 'recent', name],
    queryFn: ({ signal }) => api<RecentSignIns>(`/ui/sign-in/recent/${name}`, { signal }),
    refetchInterval: REFRESH_MS,
  })
}

/** What is done with a provider: added (a new name), changed, switched, ordered, deleted. */
export type ProviderDeed =
  | { kind: 'create'; name: string; input: ProviderInput }
  | { kind: 'update'; name: string; input: ProviderInput }
  | { kind: 'switch'; name: string; enabled: boolean; endSessions: boolean }
  | { kind: 'delete'; name: string; endSessions: boolean }
  | { kind: 'order'; names: string[] }

/** Does a deed and asks for the list anew. A secret is not kept longer than the request takes. */
export function useProviderDeed() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: send,
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: SETTINGS }),
  })
}

function send(deed: ProviderDeed): Promise<void> {
  const path = '/ui/sign-in/providers'
  if (deed.kind === 'create') return api(path, { method: 'POST', body: { ...deed.input, name: deed.name } })
  if (deed.kind === 'order') return api('/ui/sign-in/order', { method: 'PUT', body: { names: deed.names } })
  const one = `${path}/${deed.name}`
  if (deed.kind === 'update') return api(one, { method: 'PUT', body: deed.input })
  if (deed.kind === 'switch')
    return api(one, { method: 'PATCH', body: { enabled: deed.enabled, endSessions: deed.endSessions } })
  return api(`${one}?end_sessions=${deed.endSessions}`, { method: 'DELETE' })
}

/** Asks a provider what it offers: one that there is, or what the form holds. */
export function useProviderTest() {
  return useMutation({
    mutationFn: (asked: { name: string } | { provider: ProviderInput & { name: string } }) =>
      api<ProviderReport>('/ui/sign-in/test', { method: 'POST', body: asked }),
    gcTime: 0,
  })
}
