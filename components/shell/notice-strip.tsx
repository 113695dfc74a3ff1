'use client'
import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { AdminNotice } from '#server/notices/model'
import { Button } from '../ui/button'
import { Notice } from '../ui/notice'
import { RelativeTime } from '../ui/time'

const DISMISSED = 'bennu.dismissedNotices'
/** A fault that comes back after it was gone is shown again. */
const nameOf = ({ id, firstAt }: AdminNotice) => `${id}@${firstAt}`

/** What is wrong, each to be put away until the browser is closed. */
export function NoticeStrip({ notices }: { notices: AdminNotice[] }) {
  // Null until the browser was asked: what was put away must not flash up.
  const [dismissed, setDismissed] = useState<readonly string[] | null>(null)
  useEffect(() => setDismissed(readDismissed()), [])
  if (dismissed === null) return null
  const shown = notices.filter((notice) => !dismissed.includes(nameOf(notice)))
  if (shown.length === 0) return null
  const dismiss = (notice: AdminNotice) => {
    const next = [...dismissed, nameOf(notice)]
    sessionStorage.setItem(DISMISSED, JSON.stringify(next))
    setDismissed(next)
  }
  return (
    <section aria-label="Notices for admins" className="flex shrink-0 flex-col">
      {shown.map((notice) => (
        <Notice
          key={notice.id}
          tone={notice.tone}
          className="rounded-none border-x-0 border-t-0"
          action={
            <Button
              variant="quiet"
              size="iconSm"
              aria-label="Put this notice away"
              onPress={() => dismiss(notice)}
              icon={<X className="size-4" />}
            />
          }
        >
          {notice.sentence}{' '}
          <span className="text-muted">
            {notice.count > 1 && `${notice.count} times, last `}
            <RelativeTime at={Date.parse(notice.lastAt)} />
          </span>
        </Notice>
      ))}
    </section>
  )
}

function readDismissed(): string[] {
  try {
    const read: unknown = JSON.parse(sessionStorage.getItem(DISMISSED) ?? '[]')
    return Array.isArray(read) ? read.filter((name) => typeof name === 'string') : []
  } catch {
    return []
  }
}
