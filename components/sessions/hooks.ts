/** Sessions, one's own or somebody's: the list, and ending one or several of them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { SessionList, SessionsEnded } from '#server/auth/session-model'
import { api } from '../api'

const REFRESH_MS = 30_000

/** Where sessions are listed and ended. `owner` is the GlobalID of somebody else, null for oneself. */
const pathFor = (owner: string | null) =>
  owner === null ? '/ui/sessions' : `/ui/users/${encodeURIComponent(owner)}/sessions`

/** The live sessions of oneself (null) or of somebody, last seen first. */
export function useSessions(owner: string | null) {
  return useQuery({
    queryKey: ['sessions', owner],
    queryFn: ({ signal }) => api<SessionList>(pathFor(owner), { signal }),
    refetchInterval: REFRESH_MS,
  })
}

/** Ends one session by its id. */
export function useEndSession(owner: string | null) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (id: string) =>
      api<void>(`${pathFor(owner)}/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSettled: refresh,
  })
}

/** Ends all of somebody's sessions, or all of one's own but the one at hand. */
export function useEndSessions(owner: string | null) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: () => api<SessionsEnded>(pathFor(owner), { method: 'DELETE' }),
    onSettled: refresh,
  })
}

function useRefresh() {
  const client = useQueryClient()
  return () => {
    void client.invalidateQueries({ queryKey: ['sessions'] })
    void client.invalidateQueries({ queryKey: ['users'] })
  }
}
