/** Reads blocks of settings as documents print them, the way a POSIX shell would. */

/**
 * The variables of a block of `NAME=value` lines (`NAME = value` too): comments, quotes (a quoted value may run over
 * lines), `${NAME}` and `$(command)`. A list item's `- ` or an `export ` before the name is dropped.
 */
export function parseEnvText(text: string, supply: (reference: string) => string): Record<string, string> {
  const env: Record<string, string> = {}
  const assignment = /^[ \t]*(?:-[ \t]+|export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/gm
  for (let found = assignment.exec(text); found; found = assignment.exec(text)) {
    const { value, end } = readValue(text, assignment.lastIndex, supply)
    env[found[1] as string] = value
    assignment.lastIndex = end
  }
  return env
}

function readValue(text: string, start: number, supply: (reference: string) => string) {
  const mark = text[start]
  if (mark === '"' || mark === "'") {
    const end = text.indexOf(mark, start + 1)
    const inner = text.slice(start + 1, end)
    return { value: mark === '"' ? expand(inner, supply) : inner, end: end + 1 }
  }
  const line = /[^\n]*/y
  line.lastIndex = start
  const raw = line.exec(text)?.[0] ?? ''
  return { value: expand(raw.replace(/(^|\s)#.*$/, '').trim(), supply), end: start + raw.length }
}

function expand(value: string, supply: (reference: string) => string): string {
  return value.replace(/\$\{\s*(\w+)\s*\}|\$\(([^)]*)\)/g, (_, name, command) =>
    supply(name ?? command.trim()),
  )
}
