'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import type { AdminNotice, AdminNotices } from '#server/notices/model'
import { api } from '../api'

const NoticeStrip = dynamic(() => import('./notice-strip').then((m) => m.NoticeStrip))

/** What is wrong with the server, above the pages of those who can mend it. Nothing is loaded while all is well. */
export function Notices({ initial }: { initial: AdminNotice[] }) {
  const { data } = useQuery({
    queryKey: ['notices'],
    queryFn: ({ signal }) => api<AdminNotices>('/ui/notices', { signal }),
    initialData: { notices: initial },
    refetchInterval: 60_000,
  })
  return data.notices.length > 0 && <NoticeStrip notices={data.notices} />
}
