/** Search filters: a value from outside is put into one in this module alone. */
import { FilterParser } from 'ldapts'

/** Where the value goes in a filter that an operator writes. */
export const PLACE = '%s'

/** A value as text of a filter, whatever it holds (RFC 4515 3). UTF-8 stays as it is: the library breaks it otherwise. */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\\*()\0]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The operator's filter with the value in every place for it. */
export function fillFilter(template: string, value: string): string {
  return template.split(PLACE).join(escapeFilterValue(value))
}

/** What is wrong with an operator's filter, as a sentence that goes on from its name; null when nothing is. */
export function filterFault(template: string): string | null {
  if (!template.includes(PLACE)) {
    return `holds no ${PLACE}, so that everybody would be the same person. Put ${PLACE} where the name goes, as in (uid=${PLACE}).`
  }
  // An attribute name cannot be escaped, so no value from outside may become one.
  if (/\([^()=]*%s/.test(template) || /^[^()=]*%s/.test(template)) {
    return `has ${PLACE} in the place of an attribute. Put it behind the =, as in (uid=${PLACE}).`
  }
  return isFilter(fillFilter(template, 'name'))
    ? null
    : `is no LDAP filter. Write it like (&(objectClass=person)(uid=${PLACE})), every bracket closed.`
}

function isFilter(text: string): boolean {
  // The library overlooks brackets that are missing at the end.
  let depth = 0
  for (const char of text) {
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (depth < 0) return false
  }
  try {
    FilterParser.parseString(text)
    return depth === 0
  } catch {
    return false
  }
}
