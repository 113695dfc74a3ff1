/** The operator's filter without the name in it: whom it could find at all. */
import { AndFilter, EqualityFilter, type Filter, FilterParser, NotFilter, OrFilter } from 'ldapts'
import { PLACE } from '#server/ldap/filters'

/** A place for the name where any name may stand: `(uid=%s)`, `(mail=%s@example.com)`. */
const PLAIN_PLACE = /\(\s*([A-Za-z0-9][A-Za-z0-9.-]*)\s*=([^()]*)\)/g

/** A place with a matching rule, which takes no "any": that the attribute is there must do. */
const RULED_PLACE = /\(\s*([A-Za-z0-9][A-Za-z0-9.-]*):[0-9][0-9.]*:=\s*%s\s*\)/g

/**
 * The filter with "any" in the place of the name, so that whom it leaves out for another reason is not found here either
 * (`(!(userAccountControl:…:=2))`). Null where "any" cannot be said.
 */
export function filterForAnybody(template: string): Filter | null {
  const filled = template
    .replace(RULED_PLACE, '($1=*)')
    .replace(PLAIN_PLACE, (item, attribute: string, value: string) =>
      value.includes(PLACE) ? `(${attribute}=${value.split(PLACE).join('*').replace(/\*+/g, '*')})` : item,
    )
  if (filled.includes(PLACE)) return null
  try {
    return FilterParser.parseString(filled)
  } catch {
    return null
  }
}

/** The attributes that hold the name which somebody types, by the operator's filter. */
export function nameAttributes(template: string): string[] {
  const items = [...template.matchAll(PLAIN_PLACE)].filter(([, , value]) => value?.trim() === PLACE)
  return [...new Set(items.map(([, attribute]) => attribute as string))]
}

/** Whatever all of these find. */
export const allOf = (...filters: (Filter | null)[]): Filter =>
  new AndFilter({ filters: filters.filter((filter) => filter !== null) })

/** Whatever one of these finds; without any, nobody. */
export function anyOf(filters: Filter[]): Filter {
  if (filters.length > 0) return new OrFilter({ filters })
  return new NotFilter({ filter: FilterParser.parseString('(objectClass=*)') })
}

/** Entries whose attribute has this value. */
export const isValue = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value })
