'use client'
import { useMemo, useState } from 'react'
import { CodeBlock } from '../ui/code'
import { CopyButton } from '../ui/copy-button'
import { SearchField } from '../ui/search-field'
import { type JsonObject, type Leaf, leavesOf, toText } from './attributes'

/** Rows shown before one has to search or look at the raw form. */
const MOST = 300

/** Every attribute by its dotted name. */
export function SpanAttributes({ attributes }: { attributes: JsonObject }) {
  const [search, setSearch] = useState('')
  const leaves = useMemo(() => leavesOf(attributes), [attributes])
  const wanted = search.trim().toLowerCase()
  const found = wanted === '' ? leaves : leaves.filter((leaf) => matches(leaf, wanted))
  if (leaves.length === 0 || leaves[0]?.path === '')
    return <p className="p-5 text-muted">This span has no attributes.</p>
  return (
    <div className="flex flex-col gap-3 p-4 sm:p-5">
      {leaves.length > 12 && (
        <div className="flex">
          <SearchField
            label={`Search in ${leaves.length} attributes`}
            placeholder={`Search in ${leaves.length} attributes`}
            value={search}
            onSearch={setSearch}
          />
        </div>
      )}
      <dl className="flex flex-col">
        {found.slice(0, MOST).map((leaf) => (
          <AttributeRow key={leaf.path} leaf={leaf} />
        ))}
      </dl>
      {found.length === 0 && <p className="text-muted">No attribute has this in its name or value.</p>}
      {found.length > MOST && (
        <p className="text-muted">
          The first {MOST} of {found.length}. Search for the others, or see them all under Raw.
        </p>
      )}
    </div>
  )
}

function matches(leaf: Leaf, wanted: string): boolean {
  return leaf.path.toLowerCase().includes(wanted) || toText(leaf.value).toLowerCase().includes(wanted)
}

function AttributeRow({ leaf }: { leaf: Leaf }) {
  const text = leaf.value === null ? 'null' : toText(leaf.value)
  const isLong = text.length > 160 || text.includes('\n')
  return (
    <div className="grid grid-cols-1 gap-x-4 border-b border-line py-1.5 last:border-b-0 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
      <dt className="font-mono text-xs leading-5 break-all text-muted">{leaf.path}</dt>
      <dd className="flex min-w-0 items-start gap-1">
        {isLong ? (
          <CodeBlock text={text} label={leaf.path} maxLines={6} className="grow" />
        ) : (
          <>
            <span className="min-w-0 grow font-mono text-xs leading-5 wrap-anywhere">
              {text === '' ? '""' : text}
            </span>
            <CopyButton text={text} label={`Copy ${leaf.path}`} className="-my-1" />
          </>
        )}
      </dd>
    </div>
  )
}
