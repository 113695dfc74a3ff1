/** A libpq password file: lines of host:port:database:user:password, `*` for any, `\` escapes. */
import type { DatabaseHost } from '#server/config/database-hosts'
import type { Reader } from '#server/config/reader'

/** The password of the first line that fits the connection, or null after a warning. */
export function readPassfile(
  reader: Reader,
  name: string,
  path: string,
  wanted: { hosts: DatabaseHost[]; database: string; user: string | null },
): string | null {
  const content = reader.file(name, path)
  if (content === null) return null
  const first = wanted.hosts[0]
  const asked = [first?.host ?? 'localhost', String(first?.port ?? 5432), wanted.database, wanted.user ?? '']
  for (const line of content.split(/\r?\n/)) {
    const fields = fieldsOf(line)
    if (
      fields.length === 5 &&
      asked.every((value, index) => fields[index] === '*' || fields[index] === value)
    ) {
      return fields[4] ?? null
    }
  }
  reader.warn(`${name}: no line of the passfile fits this host, port, database and user.`)
  return null
}

function fieldsOf(line: string): string[] {
  if (line.startsWith('#')) return []
  const fields = line.match(/(?:^|:)((?:\\.|[^:\\])*)/g) ?? []
  return fields.map((field, index) => (index === 0 ? field : field.slice(1)).replace(/\\(.)/g, '$1'))
}
