'use client'
import { Search } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTakenOver } from './taken-over'

const PAUSE_MS = 250

interface SearchFieldProps {
  label: string
  placeholder: string
  /** What is searched for now. */
  value: string
  /** Told once the typing pauses, and at once on Enter. */
  onSearch: (text: string) => void
}

/** A field that asks the server as one types, a quarter of a second behind the fingers. */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(value)
  const input = useTakenOver(text, setText)
  const told = useRef(value)
  const tell = (wanted: string) => {
    if (wanted === told.current) return
    told.current = wanted
    onSearch(wanted)
  }
  const latest = useRef(tell)
  latest.current = tell
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') tell(text.trim())
    if (event.key !== 'Escape' || text === '') return
    // The first Escape empties the field; only the next one closes what is around it.
    event.stopPropagation()
    setText('')
  }
  return (
    <search className="relative min-w-0 grow basis-56 sm:max-w-80">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-8 w-full rounded-md border border-edge bg-surface pr-2 pl-8 text-sm text-text placeholder:text-muted focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent"
      />
    </search>
  )
}
