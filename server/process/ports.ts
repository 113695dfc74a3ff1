/** Where this command listens, as its supervisor knows it: a process alone does not know what its siblings got. */

/** Port numbers; null where nothing listens. */
export interface Ports {
  web: number | null
  grpc: number | null
  /** OTLP over HTTP on a port of its own. */
  otlpHttp: number | null
  metrics: number | null
}

// On globalThis because the process's main file and Next's routes each have a copy of this module.
const KEY = Symbol.for('bennu.ports')
const holder = globalThis as unknown as Record<symbol, Ports | undefined>

/** Called when the supervisor tells. */
export function setPorts(ports: Ports): void {
  holder[KEY] = ports
}

/** Where everything listens; null as long as nobody has told. */
export function knownPorts(): Ports | null {
  return holder[KEY] ?? null
}
