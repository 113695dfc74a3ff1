/**
 * Keeps grpc-js from inflating messages: a message passes as it came off the wire, so that the limit of the wire is
 * one thing, the limit of what it inflates to another, and inflating happens in the ingest worker, where a corrupt
 * stream is the sender's fault and not INTERNAL. And tells of a message while it still comes.
 *
 * grpc-js has no options for this, so methods of its server call are replaced (tried with 1.14; collector.db.test.ts
 * fails should they change).
 */
import { status } from '@grpc/grpc-js'
import type { ContentCoding } from '#server/ingest/client'

/** A message of a call, still compressed. */
export interface Frame {
  body: Uint8Array
  coding: ContentCoding
}

/** One byte that says whether the message is compressed, four of length. */
const PREFIX_BYTES = 5

interface InflatingCall {
  decompressMessage(message: Buffer, encoding: string): Frame | Promise<Frame>
}

interface ReadingCall {
  handleDataFrame(data: Buffer): void
}

interface CollectingCall {
  decoder: { readPartialMessage: Buffer[] }
}

interface CallWithStatus {
  sendStatus(sent: { code: number; details: string }): void
}

/** To be called with the innermost call of an interceptor. */
export function passFramesThrough(call: unknown): void {
  const inflating = call as InflatingCall
  if (typeof inflating.decompressMessage !== 'function')
    throw new Error('grpc-js has changed: see collector/frames.ts')
  inflating.decompressMessage = (message, encoding) => {
    const isCompressed = message[0] === 1
    return { body: message.subarray(PREFIX_BYTES), coding: isCompressed ? codingOf(encoding) : 'identity' }
  }
}

/** Tells how many bytes have come, before they are a message. When `onBytes` throws the rest is dropped. */
export function watchBytes(
  call: unknown,
  onBytes: (bytes: number) => void,
  refuse: (error: unknown) => void,
): void {
  const reading = call as ReadingCall
  if (typeof reading.handleDataFrame !== 'function')
    throw new Error('grpc-js has changed: see collector/frames.ts')
  const handleDataFrame = reading.handleDataFrame.bind(reading)
  let isRefused = false
  reading.handleDataFrame = (data) => {
    if (isRefused) return
    try {
      onBytes(data.byteLength)
    } catch (error) {
      isRefused = true
      return refuse(error)
    }
    handleDataFrame(data)
  }
}

/**
 * For a call that is over: lets go of what has come of its message. The library keeps it until the client closes its side
 * of the call, which one that means harm never does.
 */
export function createDrop(call: unknown): () => void {
  const { decoder } = call as CollectingCall
  if (!Array.isArray(decoder?.readPartialMessage))
    throw new Error('grpc-js has changed: see collector/frames.ts')
  return () => {
    decoder.readPartialMessage = []
  }
}

/**
 * Tells the code of the call's answer, and puts one right: a timeout header that is none is the client's fault, and
 * grpc-js calls it INTERNAL.
 */
export function watchStatus(call: unknown, onStatus: (code: number) => void): void {
  const answering = call as CallWithStatus
  const sendStatus = answering.sendStatus.bind(answering)
  answering.sendStatus = (sent) => {
    const isBadTimeout = sent.code === status.INTERNAL && sent.details.startsWith('Invalid grpc-timeout')
    const answer = isBadTimeout
      ? { ...sent, code: status.INVALID_ARGUMENT, details: 'Invalid grpc-timeout' }
      : sent
    onStatus(answer.code)
    sendStatus(answer)
  }
}

function codingOf(encoding: string): ContentCoding {
  if (encoding === 'gzip' || encoding === 'deflate' || encoding === 'identity') return encoding
  throw { code: status.UNIMPLEMENTED, details: 'Unsupported message compression: send gzip, deflate or none' }
}
