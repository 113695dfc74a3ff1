'use client'
import { Link2 } from 'lucide-react'
import type { TraceDetail } from '#server/traces/model'
import { projectPath } from '../ids'
import { TopLine } from '../shell/page'
import { CopyButton } from '../ui/copy-button'
import { TraceView } from './trace-view'

/** A trace as a page of its own. */
export function TracePage({ trace }: { trace: TraceDetail }) {
  const name = trace.root?.name || 'unnamed'
  return (
    <>
      <TopLine
        heading
        crumbs={[
          { label: 'Projects', href: '/projects' },
          { label: trace.projectName, href: projectPath(trace.projectId) },
          { label: name },
        ]}
      >
        <CopyButton text={trace.traceId} label="Copy the trace id" variant="secondary" isCompact size="sm">
          Trace id
        </CopyButton>
        <CopyLink />
      </TopLine>
      <main id="content" tabIndex={-1} className="flex min-h-0 grow flex-col outline-none">
        <TraceView trace={trace} />
      </main>
    </>
  )
}

function CopyLink() {
  return (
    <CopyButton
      text={() => location.href}
      label="Copy the link to this view"
      variant="secondary"
      isCompact
      size="sm"
      idle={<Link2 className="size-4" />}
    >
      Copy link
    </CopyButton>
  )
}
