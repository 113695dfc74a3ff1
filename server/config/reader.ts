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

/** Reads one environment, each variable at most once, and collects what is wrong with it. */
export class Reader {
  readonly env: Environment
  readonly problems: string[] = []
  readonly warnings: string[] = []
  readonly #readFile: (path: string) => string
  readonly #faulty = new Set<string>()
  readonly #values = new Map<string, string | null>()
  readonly #secrets = new Map<string, string | null>()

  /** `readFile` is the only way a reader touches the outside. */
  constructor(env: Environment, readFile: (path: string) => string) {
    this.env = env
    this.#readFile = readFile
  }

  /** Reports a problem; a sentence that begins with `NAME:` marks that variable as faulty. */
  problem(sentence: string): void {
    const name = /^([A-Za-z0-9_]+):/.exec(sentence)?.[1]
    if (name) this.#faulty.add(name)
    this.problems.push(sentence)
  }

  warn(sentence: string): void {
    this.warnings.push(sentence)
  }

  /** Whether a problem with this very variable was reported, so that nobody reports its absence too. */
  isFaulty(name: string): boolean {
    return this.#faulty.has(name) || this.#faulty.has(`${name}_FILE`)
  }

  /** The value trimmed and without outer quotes; null when unset or empty. */
  text(name: string): string | null {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const value = this.#readText(name)
    this.#values.set(name, value)
    return value
  }

  #readText(name: string): string | null {
    const { value, unquoted } = cleanValue(this.env[name] ?? '')
    if (unquoted) {
      this.warn(`${name}: the quotes around the value were removed. Write it without them in env files.`)
    }
    if (value === '') return null
    const unexpanded = unexpandedReference(value)
    if (unexpanded) {
      this.problem(`${name}: ${unexpanded}`)
      return null
    }
    if (PLACEHOLDER.test(value)) {
      this.warn(`${name}: the value still holds a placeholder in brackets. Put the real value there.`)
    }
    return value
  }

  /** Like `text`, also from the file that `<name>_FILE` names; the file's last newline is removed. */
  secret(name: string): string | null {
    const known = this.#secrets.get(name)
    if (known !== undefined) return known
    const value = this.#readSecret(name)
    this.#secrets.set(name, value)
    return value
  }

  #readSecret(name: string): string | null {
    const direct = this.text(name)
    const path = this.text(`${name}_FILE`)
    if (path === null) return direct
    if (direct !== null || this.#faulty.has(name)) {
      this.problem(`${name}: ${name}_FILE is set too. Keep one of the two.`)
      return direct
    }
    const value = this.file(`${name}_FILE`, path)?.replace(/\r?\n$/, '') ?? null
    if (value !== '') return value
    this.problem(`${name}_FILE: the file is empty. Put the value into it, or remove the variable.`)
    return null
  }

  /** The content of a file a variable names, or null after a problem was reported. */
  file(name: string, path: string): string | null {
    try {
      return this.#readFile(path)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
      const file = JSON.stringify(path)
      this.problem(`${name}: the file ${file} cannot be read (${code}). Check the path and its rights.`)
      return null
    }
  }

  bool(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (TRUE_WORDS.has(value)) return true
    if (FALSE_WORDS.has(value)) return false
    this.problem(`${name}: ${quoted(name, value)} is neither true nor false. Write one of them.`)
    return fallback
  }

  integer(name: string, range: Range): number {
    return this.#number(name, range, /^[+-]?\d+(_\d+)*$/, 'a whole number')
  }

  decimal(name: string, range: Range): number {
    return this.#number(name, range, /^[+-]?(\d+(_\d+)*)?\.?\d+(e[+-]?\d+)?$/i, 'a number')
  }

  /** A port to listen on or to connect to; 0 is for the caller to judge. */
  port(name: string, fallback: number): number {
    const value = this.text(name)
    if (value === null || !/^(tcp|udp):\/\//i.test(value)) {
      return this.#number(name, { fallback, min: 0, max: 65535 }, /^\d+$/, 'a port number')
    }
    this.problem(`${name}: ${KUBERNETES_PORT}`)
    return fallback
  }

  #number(name: string, range: Range, pattern: RegExp, noun: string): number {
    const value = this.text(name)
    if (value === null) return range.fallback
    const parsed = pattern.test(value) ? Number(value.replaceAll('_', '')) : Number.NaN
    if (Number.isFinite(parsed) && parsed >= range.min && parsed <= range.max) return parsed
    const bounds = `from ${plain(range.min)} to ${plain(range.max)}`
    const shown = quoted(name, value)
    this.problem(`${name}: ${shown} is not ${noun} ${bounds}. Write such a number, or remove the variable.`)
    return range.fallback
  }

  /** One of a few words, in any case; `choices` maps them to their meaning. */
  choice<T extends string>(name: string, choices: Record<string, T>, fallback: T): T {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    const chosen = Object.hasOwn(choices, value) ? choices[value] : undefined
    if (chosen !== undefined) return chosen
    const words = Object.keys(choices).join(', ')
    this.problem(`${name}: ${quoted(name, value)} is not one of ${words}. Write one of them.`)
    return fallback
  }

  /** The items of a comma list, trimmed, without empty ones. */
  list(name: string): string[] {
    return (this.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
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
