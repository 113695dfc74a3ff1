'use client'
import { ChevronDown, ChevronUp, Search } from 'lucide-react'
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { Button } from '../ui/button'
import { type SpanTree, searchTree } from './tree'

interface TreeSearchProps {
  tree: SpanTree
  onHits: (rowIds: ReadonlySet<number>) => void
  onGo: (rowId: number) => void
}

/** Finds spans by name, kind or id; Enter goes to the next one. */
export function TreeSearch({ tree, onHits, onGo }: TreeSearchProps) {
  const [text, setText] = useState('')
  const [spot, setSpot] = useState({ text: '', at: -1 })
  const wanted = useDeferredValue(text)
  const hits = useMemo(() => searchTree(tree, wanted), [tree, wanted])
  useEffect(() => onHits(new Set(hits.map((hit) => hit.span.id))), [hits, onHits])
  const place = spot.text === text ? spot.at : -1

  const go = (step: 1 | -1) => {
    // Whoever types fast and presses Enter means what stands there now, not what was searched a moment ago.
    const found = wanted === text ? hits : searchTree(tree, text)
    if (found.length === 0) return
    const next = place < 0 && step < 0 ? found.length - 1 : (place + step + found.length) % found.length
    setSpot({ text, at: next })
    onGo((found[next] as (typeof found)[number]).span.id)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') go(event.shiftKey ? -1 : 1)
    if (event.key !== 'Escape' || text === '') return
    // The first Escape empties the field; only the next one closes the drawer around it.
    event.stopPropagation()
    setText('')
  }
  return (
    <div className="flex min-w-0 grow items-center gap-1">
      <Search aria-hidden className="ml-1 size-4 shrink-0 text-muted" />
      <input
        aria-label="Search in the spans"
        placeholder="Search in the spans"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-7 w-full min-w-0 grow rounded-sm bg-transparent px-1 placeholder:text-muted"
      />
      {text !== '' && (
        <>
          <span role="status" className="tnum shrink-0 text-xs whitespace-nowrap text-muted">
            {hits.length === 0
              ? 'none'
              : place < 0
                ? `${hits.length} found`
                : `${place + 1} of ${hits.length}`}
          </span>
          <Button
            variant="quiet"
            size="iconSm"
            aria-label="Previous find"
            isDisabled={hits.length === 0}
            onPress={() => go(-1)}
            icon={<ChevronUp className="size-4" />}
          />
          <Button
            variant="quiet"
            size="iconSm"
            aria-label="Next find"
            isDisabled={hits.length === 0}
            onPress={() => go(1)}
            icon={<ChevronDown className="size-4" />}
          />
        </>
      )}
    </div>
  )
}
