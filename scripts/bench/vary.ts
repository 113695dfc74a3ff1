/**
 * Other ids and later times in a request that is encoded already, so that a handful of bodies lasts for a long run.
 * Every span of a pass gets the same digits changed in its trace id and its own, so parents and children stay together.
 */

import protobuf from 'protobufjs/minimal.js'

type Reader = protobuf.Reader

/** Of each span, where the first byte of its trace id stands, and of its start. */
export type Places = Uint32Array

/** How far the times of one pass lie behind those of the one before: longer than what a pass holds. */
const PASS_NANOS = 3_600_000_000_000n

const TRACE_KEY = '"traceId":"'
const START_KEY = '"startTimeUnixNano":"'
const END_KEY = '","endTimeUnixNano":"'
/** From the first digit of the trace id to that of the span id, and on to that of the parent. */
const JSON_SPAN_ID = 32 + '","spanId":"'.length
const JSON_PARENT_ID = JSON_SPAN_ID + 16 + '","parentSpanId":"'.length
const NANO_DIGITS = 19

/** Finds every span of a body that scripts/bench/encode.ts has written. */
export function findPlaces(body: Buffer, encoding: 'protobuf' | 'json'): Places {
  return Uint32Array.from(encoding === 'json' ? placesInJson(body) : placesInProtobuf(body))
}

function* placesInJson(body: Buffer): Generator<number> {
  for (let at = body.indexOf(TRACE_KEY); at !== -1; at = body.indexOf(TRACE_KEY, at + 1)) {
    yield at + TRACE_KEY.length
    yield body.indexOf(START_KEY, at) + START_KEY.length
  }
}

/** Tags of fields: resource_spans, scope_spans, spans, and of a span its ids and its start. */
const RESOURCE_SPANS = 0x0a
const SCOPE_SPANS = 0x12
const SPANS = 0x12
const TRACE_ID = 0x0a
const PARENT_ID = 0x22
const START = 0x39

function* placesInProtobuf(body: Buffer): Generator<number> {
  const reader = protobuf.Reader.create(body)
  for (const resource of fields(reader, body.length, RESOURCE_SPANS)) {
    for (const scope of fields(reader, resource, SCOPE_SPANS)) {
      for (const end of fields(reader, scope, SPANS)) {
        for (const tag of tags(reader, end)) {
          // Behind the tag of the trace id stands its length.
          if (tag === TRACE_ID) yield reader.pos + 1
          if (tag === START) yield reader.pos
        }
      }
    }
  }
}

/** Steps into each field with this tag, and gives where it ends. */
function* fields(reader: Reader, end: number, wanted: number): Generator<number> {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === wanted) yield reader.uint32() + reader.pos
    else reader.skipType(tag & 7)
  }
}

function* tags(reader: Reader, end: number): Generator<number> {
  while (reader.pos < end) {
    const tag = reader.uint32()
    yield tag
    reader.skipType(tag & 7)
  }
}

/** Changes a body in place. Passes count from 1, one after the other. */
export function vary(body: Buffer, places: Places, encoding: 'protobuf' | 'json', pass: number): void {
  const change = (digitsOf(pass) ^ digitsOf(pass - 1)) >>> 0
  const changeSpan = encoding === 'json' ? varyJson : varyProtobuf
  for (let index = 0; index < places.length; index += 2) {
    changeSpan(body, places[index] as number, places[index + 1] as number, change)
  }
}

/** Well spread over 32 bits, and another number for each pass. */
const digitsOf = (pass: number) => Math.imul(pass, 0x9e3779b1) >>> 0

function varyProtobuf(body: Buffer, idAt: number, startAt: number, change: number): void {
  flip(body, idAt, change)
  flip(body, idAt + 18, change)
  if (body[idAt + 26] === PARENT_ID) flip(body, idAt + 28, change)
  const end = startAt + 9
  body.writeBigUInt64LE(body.readBigUInt64LE(startAt) + PASS_NANOS, startAt)
  body.writeBigUInt64LE(body.readBigUInt64LE(end) + PASS_NANOS, end)
}

function flip(body: Buffer, at: number, change: number): void {
  body.writeUInt32BE((body.readUInt32BE(at) ^ change) >>> 0, at)
}

function varyJson(body: Buffer, idAt: number, startAt: number, change: number): void {
  flipDigits(body, idAt, change)
  flipDigits(body, idAt + JSON_SPAN_ID, change)
  const parentKey = body.toString('latin1', idAt + JSON_PARENT_ID - 4, idAt + JSON_PARENT_ID)
  if (parentKey === 'd":"') flipDigits(body, idAt + JSON_PARENT_ID, change)
  later(body, startAt)
  later(body, startAt + NANO_DIGITS + END_KEY.length)
}

function flipDigits(body: Buffer, at: number, change: number): void {
  const digits = (Number.parseInt(body.toString('latin1', at, at + 8), 16) ^ change) >>> 0
  body.write(digits.toString(16).padStart(8, '0'), at, 'latin1')
}

function later(body: Buffer, at: number): void {
  body.write(String(BigInt(body.toString('latin1', at, at + NANO_DIGITS)) + PASS_NANOS), at, 'latin1')
}
