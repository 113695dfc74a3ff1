'use client'
import { ChevronDown, ChevronUp, Hash, Link2, Maximize2, X } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import type { TraceDetail } from '#server/traces/model'
import { projectPath, tracePath } from '../ids'
import { withRoot } from '../root-path'
import { TopLine } from '../shell/page'
import { Button } from '../ui/button'
import { buttonClass } from '../ui/button-class'
import { CopyButton } from '../ui/copy-button'
import { useNeighbours } from './trace-order'
import { TraceView } from './trace-view'

interface TracePageProps {
  trace: TraceDetail
  /** A page of its own, or a drawer over the list. */
  place: 'page' | 'drawer'
}

/** A trace with what can be done with it as a whole. */
export function TracePage({ trace, place }: TracePageProps) {
  const name = trace.root?.name || 'unnamed'
  const crumbs = [
    { label: 'Projects', href: '/projects' },
    { label: trace.projectName, href: projectPath(trace.projectId) },
    { label: name },
  ]
  const isDrawer = place === 'drawer'
  const Body = isDrawer ? 'div' : 'main'
  return (
    <>
      <TopLine heading crumbs={isDrawer ? crumbs.slice(2) : crumbs} label={isDrawer ? 'Trace' : 'Breadcrumb'}>
        {isDrawer && <Neighbours trace={trace} />}
        <CopyButton
          text={trace.traceId}
          label="Copy the trace id"
          variant="secondary"
          size="sm"
          isCompact
          idle={<Hash className="size-4" />}
        >
          Trace id
        </CopyButton>
        <CopyButton
          text={() => location.href}
          label="Copy the link to this view"
          variant="secondary"
          size="sm"
          isCompact
          idle={<Link2 className="size-4" />}
        >
          Copy link
        </CopyButton>
        {isDrawer && <DrawerButtons trace={trace} />}
      </TopLine>
      <Body
        {...(isDrawer ? {} : { id: 'content', tabIndex: -1 })}
        className="flex min-h-0 grow flex-col outline-none"
      >
        <NuqsAdapter>
          <TraceView key={trace.traceId} trace={trace} />
        </NuqsAdapter>
      </Body>
    </>
  )
}

/** The traces above and below in the list. */
function Neighbours({ trace }: { trace: TraceDetail }) {
  const router = useRouter()
  const { above, below } = useNeighbours(trace.projectId, trace.traceId)
  const go = (traceId: string) => router.replace(tracePath(trace.projectId, traceId), { scroll: false })
  return (
    <>
      <Button
        size="iconSm"
        aria-label="Trace above"
        isDisabled={!above}
        onPress={() => above && go(above)}
        icon={<ChevronUp className="size-4" />}
      />
      <Button
        size="iconSm"
        aria-label="Trace below"
        isDisabled={!below}
        onPress={() => below && go(below)}
        icon={<ChevronDown className="size-4" />}
      />
    </>
  )
}

function DrawerButtons({ trace }: { trace: TraceDetail }) {
  const router = useRouter()
  return (
    <>
      {/* A plain link: loaded anew, the address is a page and no drawer. */}
      <a
        href={withRoot(tracePath(trace.projectId, trace.traceId))}
        aria-label="Open as a page"
        title="Open as a page"
        className={buttonClass('quiet', 'iconSm')}
      >
        <Maximize2 aria-hidden className="size-4" />
      </a>
      <Button
        variant="quiet"
        size="iconSm"
        aria-label="Close"
        onPress={() => router.back()}
        icon={<X className="size-4" />}
      />
    </>
  )
}
