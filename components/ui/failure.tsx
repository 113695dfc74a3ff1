'use client'
import { RotateCw } from 'lucide-react'
import { ApiError } from '../api'
import { Button } from './button'
import { Notice } from './notice'
import { RequestId } from './request-id'

interface FailureProps {
  /** What could not be done: `The traces could not be loaded.` */
  what: string
  error: unknown
  onRetry?: () => void
}

/** What happened, what to do, the request id to quote, and a retry where one can help. */
export function Failure({ what, error, onRetry }: FailureProps) {
  const known = error instanceof ApiError ? error : null
  const canRetry = onRetry && (known === null || known.canRetry)
  return (
    <Notice
      tone="danger"
      action={
        canRetry && (
          <Button size="sm" onPress={onRetry} icon={<RotateCw className="size-3.5" />}>
            Try again
          </Button>
        )
      }
    >
      <p>
        <span className="font-medium">{what}</span>{' '}
        {known?.message ?? 'Something unexpected happened in the page.'}
      </p>
      {known?.requestId && <RequestId id={known.requestId} />}
    </Notice>
  )
}
