/** The directory as the settings page asks for it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { DirectoryOverview } from '#server/ldap/overview-model'
import type { DirectoryTest } from '#server/ldap/test-connection-model'
import { api } from '../api'

const DIRECTORY = ['sign-in', 'directory']
const REFRESH_MS = 30_000
/** While a comparison is under way. */
const RUNNING_MS = 2_000

/** How the directory is set up and what happened with it lately. */
export function useDirectory() {
  return useQuery({
    queryKey: DIRECTORY,
    queryFn: ({ signal }) => api<DirectoryOverview>('/ui/sign-in/ldap', { signal }),
    refetchInterval: ({ state }) => (state.data?.directory?.sync.isRunning ? RUNNING_MS : REFRESH_MS),
  })
}

/** Tries every host; looks somebody up when there is a name. */
export function useDirectoryTest() {
  return useMutation({
    mutationFn: (username: string) =>
      api<DirectoryTest>('/ui/sign-in/ldap/test', { method: 'POST', body: { username: username || null } }),
  })
}

/** Compares accounts with the directory now; with a number so many may be disabled by it, although they are many. */
export function useCompare() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (atMost: number | null) =>
      api<DirectoryOverview>('/ui/sign-in/ldap/sync', { method: 'POST', body: { at_most: atMost } }),
    onSuccess: (overview) => {
      client.setQueryData(DIRECTORY, overview)
      for (const key of ['notices', 'users']) void client.invalidateQueries({ queryKey: [key] })
    },
  })
}
