'use client'
import { useRouter } from 'next/navigation'
import { startTransition } from 'react'
import { buttonClass } from '../ui/button-class'
import { Link } from '../ui/link'
import { RequestId } from '../ui/request-id'
import { MessagePage } from './message-page'

/**
 * A page that could not be made. The digest is the request id (see loadPage). Every page carries this along, so it is
 * made of the lightest parts.
 */
export function ErrorPage({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  const router = useRouter()
  const again = () =>
    startTransition(() => {
      router.refresh()
      retry()
    })
  return (
    <MessagePage
      title="This page could not be shown"
      actions={
        <>
          <button type="button" className={buttonClass('primary')} onClick={again}>
            Try again
          </button>
          <Link href="/projects" className={buttonClass()}>
            Go to projects
          </Link>
        </>
      }
    >
      <p>The server met a problem it did not expect. If it stays, look the request up in the server's log.</p>
      {error.digest && <RequestId id={error.digest} />}
    </MessagePage>
  )
}
