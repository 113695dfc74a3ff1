/** The id by which a directory knows a person for ever: objectGUID as bytes, entryUUID and nsUniqueId as text. */
import { EqualityFilter, type Filter, OrFilter } from 'ldapts'

const GUID_BYTES = 16
/** How bytes that are no text are stored. */
const HEX = /^([0-9a-f]{2}){3,}$/
const DASHED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The id as it is stored. Sixteen bytes are a GUID, of which a domain controller writes the first three fields
 * backwards (MS-DTYP 2.3.4.2); anything else is text in small letters, or hexadecimal when it is no UTF-8. Null when
 * it is blank.
 */
export function uniqueIdOf(bytes: Buffer): string | null {
  if (bytes.length === GUID_BYTES) return dashed(swapped(bytes))
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return bytes.toString('hex')
  return text.trim().toLowerCase() || null
}

/** A filter for the person whose id is stored so. */
export function uniqueIdFilter(attribute: string, id: string): Filter {
  const asText = new EqualityFilter({ attribute, value: id })
  if (HEX.test(id))
    return new OrFilter({
      filters: [asText, new EqualityFilter({ attribute, value: Buffer.from(id, 'hex') })],
    })
  if (!DASHED.test(id)) return asText
  const bytes = swapped(Buffer.from(id.replaceAll('-', ''), 'hex'))
  const asBytes = new EqualityFilter({ attribute, value: bytes })
  return attribute.toLowerCase() === 'objectguid' ? asBytes : new OrFilter({ filters: [asText, asBytes] })
}

/** Turns the first three fields of a GUID around; twice is back. */
function swapped(bytes: Buffer): Buffer {
  const fields = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)]
  return Buffer.concat([...fields.map((field) => Buffer.from(field).reverse()), bytes.subarray(8)])
}

function dashed(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
