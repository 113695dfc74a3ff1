/**
 * Keeps the listeners' certificate up to date: the files are read again every second, and what has changed is checked
 * and handed on. A pair that is broken is told about and not used; connections that are open go on.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { TlsConfig } from '#server/config/model'
import { type Pair, type PairFacts, type PairTexts, readPair, TlsFault, type TlsPart } from '#server/tls/pair'

const LOOK_MS = 1_000
/** Certificate and key are two files: between one and the other the pair is no pair. */
const PATIENCE_MS = 3_000

export interface TlsState extends PairFacts {
  /** Why the files that lie there now are not used; null when they are. */
  problem: string | null
}

type Listener = (pair: Pair) => void

export class CertificateKeeper {
  readonly #config: TlsConfig
  readonly #log: Logger
  readonly #listeners = new Set<Listener>()
  #pair: Pair
  #texts: PairTexts
  #problem: string | null = null
  #brokenSince: number | null = null
  #looking: Promise<void> | null = null

  /** @throws TlsFault, or the system's error, when there is no good pair to begin with */
  constructor(config: TlsConfig, log: Logger) {
    this.#config = config
    this.#log = log
    const { certFile, keyFile, caFile, keyPassword } = config
    const read = (path: string) => readFileSync(path, 'utf8')
    this.#texts = {
      certificate: read(certFile),
      key: read(keyFile),
      authorities: caFile === null ? null : read(caFile),
      password: keyPassword,
    }
    this.#pair = readPair(this.#texts)
    setInterval(() => void this.look(), LOOK_MS).unref()
  }

  get pair(): Pair {
    return this.#pair
  }

  get state(): TlsState {
    return { ...this.#pair.facts, problem: this.#problem }
  }

  /** Calls back with each new pair, not with the present one. Returns what ends that. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Looks at the files now; never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    try {
      const texts = await this.#readTexts()
      if (isSame(texts, this.#texts)) this.#mend()
      else this.#take(readPair(texts), texts)
    } catch (error) {
      this.#noteBroken(reasonOf(error))
    }
  }

  async #readTexts(): Promise<PairTexts> {
    const { certFile, keyFile, caFile, keyPassword } = this.#config
    const read = (path: string) => readFile(path, 'utf8')
    const [certificate, key, authorities] = await Promise.all([
      read(certFile),
      read(keyFile),
      caFile === null ? null : read(caFile),
    ])
    return { certificate, key, authorities, password: keyPassword }
  }

  #take(pair: Pair, texts: PairTexts): void {
    this.#pair = pair
    this.#texts = texts
    this.#mend()
    const { serialNumber, validTo } = pair.facts
    this.#log.info({ serialNumber, validTo }, 'the TLS certificate was read again')
    for (const listener of this.#listeners) listener(pair)
  }

  #mend(): void {
    this.#brokenSince = null
    this.#problem = null
  }

  #noteBroken(reason: string): void {
    this.#brokenSince ??= performance.now()
    if (this.#problem === reason || performance.now() - this.#brokenSince < PATIENCE_MS) return
    this.#problem = reason
    const { certFile, keyFile } = this.#config
    this.#log.error({ reason, certFile, keyFile }, 'the new TLS files cannot be used; the old ones are kept')
  }
}

const PART: Record<TlsPart, string> = {
  certificate: 'the certificate file',
  key: 'the key file',
  password: 'the passphrase of the key',
  authorities: 'the file of authorities',
}

/** Half a sentence, without the content of any file. */
function reasonOf(error: unknown): string {
  if (error instanceof TlsFault) return `${PART[error.part]} ${error.message}`
  return `a file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'})`
}

const isSame = (a: PairTexts, b: PairTexts) =>
  a.certificate === b.certificate && a.key === b.key && a.authorities === b.authorities
