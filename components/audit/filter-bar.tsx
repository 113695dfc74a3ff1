'use client'
import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, sentenceOf } from '#server/audit/model'
import { Button } from '../ui/button'
import { SearchField } from '../ui/search-field'
import { SelectField } from '../ui/select-field'
import { TextField } from '../ui/text-field'
import { type AuditFilters, isFiltering, NO_FILTERS, RANGES, type RangeName } from './filters'

const ACTIONS = [
  { value: '', label: 'Any action' },
  ...AUDIT_ACTION_NAMES.map((name) => ({
    value: name,
    label: sentenceOf(name, AUDIT_ACTIONS[name].success === null ? 'failure' : 'success'),
  })).sort((a, b) => a.label.localeCompare(b.label)),
]
const OUTCOMES = [
  { value: '', label: 'Any outcome' },
  { value: 'success', label: 'Done' },
  { value: 'failure', label: 'Failed' },
] as const
const TIMES = [{ value: 'all', label: 'Any time' }, ...RANGES, { value: 'custom', label: 'Days …' }] as const

interface FilterBarProps {
  filters: AuditFilters
  onChange: (change: Partial<AuditFilters> | typeof NO_FILTERS) => void
  /** Changes when everything was cleared: the fields begin anew. */
  generation: number
}

/** What is looked for; everything stands in the address of the page. */
export function FilterBar({ filters, onChange, generation }: FilterBarProps) {
  return (
    <div key={generation} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SelectField
          label="Time"
          isBare
          options={TIMES}
          value={filters.range}
          onChange={(range: RangeName) => onChange({ range })}
          className="max-sm:grow"
        />
        {filters.range === 'custom' && <Days filters={filters} onChange={onChange} />}
        <SelectField
          label="Outcome"
          isBare
          options={OUTCOMES}
          value={filters.outcome ?? ''}
          onChange={(outcome) => onChange({ outcome: outcome || null })}
          className="max-sm:grow"
        />
        <SelectField
          label="Action"
          isBare
          options={ACTIONS as { value: string; label: string }[]}
          value={filters.action ?? ''}
          onChange={(action) => onChange({ action: (action || null) as AuditFilters['action'] })}
          className="max-sm:grow sm:max-w-60"
        />
        {isFiltering(filters) && (
          <Button variant="quiet" onPress={() => onChange(NO_FILTERS)}>
            Clear filters
          </Button>
        )}
      </div>
      <div className="grid gap-2 sm:grid-cols-3">
        <Search name="actor" label="Who" placeholder="Who: name, e-mail or id" {...{ filters, onChange }} />
        <Search name="target" label="On whom" placeholder="On: name or id" {...{ filters, onChange }} />
        <Search name="address" label="Address" placeholder="IP address" {...{ filters, onChange }} />
      </div>
    </div>
  )
}

type PartProps = Pick<FilterBarProps, 'filters' | 'onChange'>

function Search({
  name,
  label,
  placeholder,
  filters,
  onChange,
}: PartProps & { name: 'actor' | 'target' | 'address'; label: string; placeholder: string }) {
  return (
    <SearchField
      label={label}
      placeholder={placeholder}
      value={filters[name]}
      onSearch={(text) => onChange({ [name]: text })}
    />
  )
}

function Days({ filters, onChange }: PartProps) {
  return (
    <div className="flex items-center gap-2">
      {(['from', 'until'] as const).map((name) => (
        <TextField
          key={name}
          label={name === 'from' ? 'From this day (UTC)' : 'Until this day (UTC)'}
          isBare
          type="date"
          value={filters[name]}
          onChange={(day) => onChange({ [name]: day })}
          className="w-36"
        />
      ))}
    </div>
  )
}
