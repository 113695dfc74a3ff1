/** Distinguished names (RFC 4514): taking them apart, and telling whether two of them name the same entry. */

/** Attribute types that have a number as well as a name; directories may write either. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  commonname: 'cn',
  '2.5.4.6': 'c',
  countryname: 'c',
  '2.5.4.7': 'l',
  localityname: 'l',
  '2.5.4.8': 'st',
  stateorprovincename: 'st',
  '2.5.4.9': 'street',
  streetaddress: 'street',
  '2.5.4.10': 'o',
  organizationname: 'o',
  '2.5.4.11': 'ou',
  organizationalunitname: 'ou',
  '0.9.2342.19200300.100.1.25': 'dc',
  domaincomponent: 'dc',
  '0.9.2342.19200300.100.1.1': 'uid',
  userid: 'uid',
}

const TYPE = /^([A-Za-z][A-Za-z0-9-]*|(OID\.)?\d+(\.\d+)*)$/i
/** Tags of BER strings that a value in `#` form may hold: OCTET, UTF8, Printable, IA5. */
const STRING_TAGS = new Set([0x04, 0x0c, 0x13, 0x16])

interface Part {
  type: string
  value: string
}

/**
 * A text that is equal for all ways of writing one name: escapes are decoded, capitals and superfluous blanks do not
 * count, nor does the order within a name of several parts. Not itself a DN. Null when the text is no DN.
 */
export function canonicalDn(text: string): string | null {
  const names = parseDn(text)
  if (!names) return null
  return JSON.stringify(names.map((parts) => parts.map(({ type, value }) => [type, value]).sort(byText)))
}

const byText = (a: string[], b: string[]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

/** Whether the text is a DN; the empty one, the root of a directory, is. */
export const isDn = (text: string) => parseDn(text) !== null

function parseDn(text: string): Part[][] | null {
  if (text.trim() === '') return []
  const names = splitAt(text, ',').map((name) => splitAt(name, '+').map(parsePart))
  return names.every((parts): parts is Part[] => parts.every((part) => part !== null)) ? names : null
}

/** Splits at a mark that is neither escaped nor within quotes (the form of RFC 2253). */
function splitAt(text: string, mark: string): string[] {
  const pieces: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at += 1
    else if (char === '"') quoted = !quoted
    else if (char === mark && !quoted) {
      pieces.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...pieces, text.slice(start)]
}

function parsePart(text: string): Part | null {
  const split = text.indexOf('=')
  const written = text.slice(0, split).trim()
  if (split < 0 || !TYPE.test(written)) return null
  const name = written.replace(/^OID\./i, '').toLowerCase()
  const value = parseValue(trimBlanks(text.slice(split + 1)))
  return value === null ? null : { type: SHORT_NAMES[name] ?? name, value: fold(value) }
}

/** Blanks around a value do not belong to it, unless the last one is escaped. */
function trimBlanks(text: string): string {
  const trimmed = text.replace(/^ +/, '')
  const bare = trimmed.replace(/ +$/, '')
  const escapes = /\\*$/.exec(bare)?.[0].length ?? 0
  return escapes % 2 === 1 && bare.length < trimmed.length ? `${bare} ` : bare
}

function parseValue(text: string): string | null {
  if (text.startsWith('#')) return parseHex(text.slice(1))
  const quoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"')
  return decode(quoted ? text.slice(1, -1) : text, quoted)
}

/** `#04024869`: the BER of a value. What is no short string stays as it is written. */
function parseHex(hex: string): string | null {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return null
  const bytes = Buffer.from(hex, 'hex')
  const isString = STRING_TAGS.has(bytes[0] ?? 0) && bytes[1] === bytes.length - 2 && bytes.length < 130
  return isString ? bytes.subarray(2).toString('utf8') : `#${hex.toLowerCase()}`
}

/** The bytes behind an escaped text: `\2C` and `\,` are both a comma. Null for an escape that is none. */
function decode(text: string, quoted: boolean): string | null {
  const bytes: Buffer[] = []
  const chars = [...text]
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string
    if (char !== '\\') {
      if (!quoted && /["+,;<>]/.test(char)) return null
      bytes.push(Buffer.from(char, 'utf8'))
      continue
    }
    const pair = `${chars[at + 1] ?? ''}${chars[at + 2] ?? ''}`
    if (/^[0-9a-f]{2}$/i.test(pair)) {
      bytes.push(Buffer.from(pair, 'hex'))
      at += 2
    } else if (/^[ "#+,;<=>\\]$/.test(chars[at + 1] ?? '')) {
      bytes.push(Buffer.from(chars[at + 1] as string, 'utf8'))
      at += 1
    } else return null
  }
  return Buffer.concat(bytes).toString('utf8')
}

/** Capitals, and how many blanks stand where, make no difference to a directory (RFC 4518). */
const fold = (value: string) => value.normalize('NFC').toLowerCase().replace(/ +/g, ' ').trim()
