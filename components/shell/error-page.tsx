'use client'
import { useRouter } from 'next/navigation'
import { startTransition } from 'react'
import { withRoot } from '../root-path'
import { buttonClass } from '../ui/button-class'
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
          {/* A plain link: the router's own would weigh on every page, and a broken page is left for good. */}
          <a href={withRoot('/projects')} className={buttonClass()}>
            Go to projects
          </a>
        </>
      }
    >
      <p>The server met a problem it did not expect. If it stays, look the request up in the server's log.</p>
      {error.digest && <RequestId id={error.digest} />}
    </MessagePage>
  )
}
