/**
 * Reads single variables by type. Faults are collected, never thrown, so that an operator sees all of
 * them at once; a reader answers the fallback where it found one.
 */

/** Names whose value may be left out of every sentence: secrets and everything that may carry one. */
const CONFIDENTIAL = /SECRET|PASSWORD|DATABASE_URL|REPLICA_URL|KEY|TOKEN|HEADERS|ROOT_URL/

const TRUE_WORDS = new Set(['true', '1', 'yes', 'on'])
const FALSE_WORDS = new Set(['false', '0', 'no', 'off'])
/** What a copied sample leaves behind when nobody filled it in: `{tenant-id}`, `<host>`, `${X}`, `$(x)`. */
const PLACEHOLDER = /\$\{[^}]*\}|\$\([^)]*\)|\{[A-Za-z][\w .-]*\}|<[A-Za-z][\w .-]*>/

export type Environment = Record<string, string | undefined>

export interface Range {
  fallback: number
  min: number
  max: number
}

export interface Reader {
  readonly env: Environment
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  problem(sentence: string): void
  warn(sentence: string): void
  /** The value trimmed and without outer quotes; null when unset or empty. */
  text(name: string): string | null
  /** Like `text`, also from the file that `<name>_FILE` names; the file's last newline is removed. */
  secret(name: string): string | null
  /** Whether a problem with this very variable was reported, so that nobody reports its absence too. */
  isFaulty(name: string): boolean
  bool(name: string, fallback: boolean): boolean
  integer(name: string, range: Range): number
  decimal(name: string, range: Range): number
  port(name: string, fallback: number): number
  choice<T extends string>(name: string, choices: Record<string, T>, fallback: T): T
  list(name: string, separator?: string | RegExp): string[]
  /** The content of a file a variable names, or null after a problem was reported. */
  file(name: string, path: string): string | null
}

/** The value as it may be shown in a sentence: on one line, short, and never a secret. */
export function quoted(name: string, value: string): string {
  if (CONFIDENTIAL.test(name)) return 'the value'
  const short = value.length > 60 ? `${value.slice(0, 57)}...` : value
  return JSON.stringify(short)
}

/** Trims a value and removes one pair of outer quotes that belong together. */
export function cleanValue(raw: string): { value: string; unquoted: boolean } {
  const trimmed = raw.trim()
  const mark = trimmed[0]
  const inner = trimmed.slice(1, -1)
  const isPair = trimmed.length >= 2 && (mark === '"' || mark === "'") && trimmed.endsWith(mark)
  if (!isPair || inner.includes(mark)) return { value: trimmed, unquoted: false }
  return { value: inner.trim(), unquoted: true }
}

/** Makes a reader over one environment. `readFile` is the only way it touches the outside. */
export function createReader(env: Environment, readFile: (path: string) => string): Reader {
  const problems: string[] = []
  const warnings: string[] = []
  const faulty = new Set<string>()
  const seen = new Map<string, string | null>()

  const fault = (name: string, sentence: string) => {
    faulty.add(name)
    problems.push(`${name}: ${sentence}`)
  }

  const read = (name: string): string | null => {
    const { value, unquoted } = cleanValue(env[name] ?? '')
    if (unquoted) {
      warnings.push(`${name}: the quotes around the value were removed. Write it without them in env files.`)
    }
    if (value === '') return null
    const unexpanded = unexpandedReference(value)
    if (unexpanded) {
      fault(name, unexpanded)
      return null
    }
    if (PLACEHOLDER.test(value)) {
      warnings.push(`${name}: the value still holds a placeholder in brackets. Put the real value there.`)
    }
    return value
  }

  const text = (name: string): string | null => {
    const known = seen.get(name)
    if (known !== undefined) return known
    const value = read(name)
    seen.set(name, value)
    return value
  }

  const file = (name: string, path: string): string | null => {
    try {
      return readFile(path)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
      fault(name, `the file ${JSON.stringify(path)} cannot be read (${code}). Check the path and its rights.`)
      return null
    }
  }

  const secretOfFile = (name: string, path: string): string | null => {
    const content = file(`${name}_FILE`, path)
    if (content === null) {
      faulty.add(name)
      return null
    }
    const value = content.replace(/\r?\n$/, '')
    if (value !== '') return value
    faulty.add(name)
    fault(`${name}_FILE`, 'the file is empty. Put the value into it, or remove the variable.')
    return null
  }

  const secret = (name: string): string | null => {
    const fileName = `${name}_FILE`
    const key = `file of ${name}`
    const known = seen.get(key)
    if (known !== undefined) return known
    const direct = text(name)
    const path = text(fileName)
    let value = direct
    if (path !== null && (direct !== null || faulty.has(name))) {
      fault(name, `${fileName} is set too. Keep one of the two.`)
    } else if (path !== null) {
      value = secretOfFile(name, path)
    }
    seen.set(key, value)
    return value
  }

  const number = (name: string, range: Range, pattern: RegExp, noun: string): number => {
    const value = text(name)
    if (value === null) return range.fallback
    const parsed = pattern.test(value) ? Number(value.replaceAll('_', '')) : Number.NaN
    if (Number.isFinite(parsed) && parsed >= range.min && parsed <= range.max) return parsed
    const bounds = `from ${plain(range.min)} to ${plain(range.max)}`
    fault(
      name,
      `${quoted(name, value)} is not ${noun} ${bounds}. Write such a number, or remove the variable.`,
    )
    return range.fallback
  }

  return {
    env,
    problems,
    warnings,
    problem: (sentence) => {
      const name = /^([A-Za-z0-9_]+):/.exec(sentence)?.[1]
      if (name) faulty.add(name)
      problems.push(sentence)
    },
    warn: (sentence) => void warnings.push(sentence),
    text,
    secret,
    file,
    isFaulty: (name) => faulty.has(name) || faulty.has(`${name}_FILE`),
    bool: (name, fallback) => {
      const value = text(name)?.toLowerCase()
      if (value === undefined) return fallback
      if (TRUE_WORDS.has(value)) return true
      if (!FALSE_WORDS.has(value))
        fault(name, `${quoted(name, value)} is neither true nor false. Write one of them.`)
      return TRUE_WORDS.has(value) ? true : FALSE_WORDS.has(value) ? false : fallback
    },
    integer: (name, range) => number(name, range, /^[+-]?\d+(_\d+)*$/, 'a whole number'),
    decimal: (name, range) => number(name, range, /^[+-]?(\d+(_\d+)*)?\.?\d+(e[+-]?\d+)?$/i, 'a number'),
    port: (name, fallback) => {
      const value = text(name)
      if (value !== null && /^(tcp|udp):\/\//i.test(value)) {
        fault(name, KUBERNETES_PORT)
        return fallback
      }
      return number(name, { fallback, min: 0, max: 65535 }, /^\d+$/, 'a port number')
    },
    choice: (name, choices, fallback) => {
      const value = text(name)?.toLowerCase()
      if (value === undefined) return fallback
      const chosen = Object.hasOwn(choices, value) ? choices[value] : undefined
      if (chosen !== undefined) return chosen
      fault(
        name,
        `${quoted(name, value)} is not one of ${Object.keys(choices).join(', ')}. Write one of them.`,
      )
      return fallback
    },
    list: (name, separator = ',') =>
      (text(name) ?? '')
        .split(separator)
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  }
}

const KUBERNETES_PORT =
  'holds an address such as tcp://10.0.0.1:6006, which Kubernetes puts there for a Service of this name. ' +
  'Rename the Service, set enableServiceLinks: false on the pod, or set the variable to a port number.'

/** What to say about a value that a shell or an orchestrator should have replaced, or null. */
function unexpandedReference(value: string): string | null {
  if (/^(\$\(.*\)|`.*`)$/s.test(value)) {
    return (
      'holds the text of a command, $(…), not its result: nothing ran it. ' +
      'Run the command once yourself and put its output here.'
    )
  }
  if (/^\$\{[^}]*\}$/.test(value)) {
    return 'holds a reference in $ and braces that nothing replaced. Put the value itself here.'
  }
  return null
}

/** A bound as a person writes it. */
function plain(bound: number): string {
  return bound > 0 && bound < 1e-3 ? 'more than 0' : String(bound)
}
