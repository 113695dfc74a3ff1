/**
 * Requests encoded beforehand, in a file: so that neither sender nor floor spends its time on making them. Each record
 * is the length of the body, how many spans it holds, for each span where its ids and its times stand (only of
 * bodies that are not compressed), and the body.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { findPlaces, type Places, vary } from './vary'

export interface Payload {
  body: Buffer
  spans: number
}

const HEAD_BYTES = 12

export class PayloadWriter {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  /** @param varied the encoding of a body that may be sent again with other ids; null for a compressed one */
  write({ body, spans }: Payload, varied: 'protobuf' | 'json' | null): void {
    const places = varied ? findPlaces(body, varied) : new Uint32Array()
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32LE(body.length, 0)
    head.writeUInt32LE(spans, 4)
    head.writeUInt32LE(places.length, 8)
    writeSync(this.#file, head)
    writeSync(this.#file, Buffer.from(places.buffer, places.byteOffset, places.byteLength))
    writeSync(this.#file, body)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** Hands out the requests of several files in turn. */
export class PayloadReader {
  readonly #files: { file: number; at: number }[]
  readonly #varied: 'protobuf' | 'json' | null
  #next = 0
  /** Bodies that may be sent again, once all have been read. */
  readonly #kept: (Payload & { places: Places })[] = []
  #pass = 0
  #keptAt = 0

  constructor(paths: readonly string[], varied: 'protobuf' | 'json' | null) {
    this.#files = paths.map((path) => ({ file: openSync(path, 'r'), at: 0 }))
    this.#varied = varied
  }

  /** The next request, or null after the last. Bodies that are not compressed go on for ever, with other ids. */
  next(): Payload | null {
    if (this.#files.length > 0) {
      const record = this.#read()
      if (record) return record
    }
    return this.#varied === null ? null : this.#again(this.#varied)
  }

  #read(): Payload | null {
    while (this.#files.length > 0) {
      this.#next = (this.#next + 1) % this.#files.length
      const source = this.#files[this.#next] as { file: number; at: number }
      const record = readRecord(source)
      if (record) {
        if (this.#varied) this.#kept.push(record)
        return record
      }
      closeSync(source.file)
      this.#files.splice(this.#next, 1)
    }
    return null
  }

  #again(encoding: 'protobuf' | 'json'): Payload | null {
    if (this.#kept.length === 0) return null
    if (this.#keptAt === 0) this.#pass += 1
    const record = this.#kept[this.#keptAt] as Payload & { places: Places }
    this.#keptAt = (this.#keptAt + 1) % this.#kept.length
    vary(record.body, record.places, encoding, this.#pass)
    return record
  }
}

function readRecord(source: { file: number; at: number }): (Payload & { places: Places }) | null {
  const head = Buffer.alloc(HEAD_BYTES)
  if (readSync(source.file, head, 0, HEAD_BYTES, source.at) < HEAD_BYTES) return null
  const places = new Uint32Array(head.readUInt32LE(8))
  // A buffer of its own: what sends it may hand it to another thread.
  const body = Buffer.alloc(head.readUInt32LE(0))
  readSync(source.file, Buffer.from(places.buffer), 0, places.byteLength, source.at + HEAD_BYTES)
  readSync(source.file, body, 0, body.length, source.at + HEAD_BYTES + places.byteLength)
  source.at += HEAD_BYTES + places.byteLength + body.length
  return { body, spans: head.readUInt32LE(4), places }
}
