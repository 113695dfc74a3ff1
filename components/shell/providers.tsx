'use client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError } from '../api'
import { NowProvider } from '../ui/time'
import { Toaster } from '../ui/toaster'

/** What every page has around it: data, the clock and toasts. `now` in milliseconds. */
export function Providers({ now, children }: { now: number; children: ReactNode }) {
  const [client] = useState(makeClient)
  return (
    <QueryClientProvider client={client}>
      <NowProvider initial={now}>{children}</NowProvider>
      <Toaster />
    </QueryClientProvider>
  )
}

function makeClient() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.canRetry,
      },
    },
  })
}
