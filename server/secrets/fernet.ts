/**
 * Fernet, version 0x80, after the published specification (github.com/fernet/spec): AES-128-CBC under the
 * second half of a 32-byte key, HMAC-SHA256 under the first, the whole in URL-safe base64 with padding.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const VERSION = 0x80
const IV_AT = 9
const TEXT_AT = 25
const MAC_BYTES = 32
const BLOCK_BYTES = 16
/** How far a token's clock may run ahead of ours, in seconds. */
const MAX_CLOCK_SKEW = 60

const SHAPE = /^[A-Za-z0-9_-]+={0,2}$/

/** Whether a text has the outer form of a Fernet token. Says nothing about its key. */
export function looksLikeFernet(token: string): boolean {
  return open(token) !== null
}

/**
 * A token over `plain`.
 * @param key 32 bytes
 * @param fixed the time in milliseconds and the 16-byte IV, for the published vectors only
 */
export function fernetEncrypt(
  key: Buffer,
  plain: Buffer,
  fixed: { nowMs?: number; iv?: Buffer } = {},
): string {
  const { signing, encryption } = halves(key)
  const iv = fixed.iv ?? randomBytes(BLOCK_BYTES)
  const head = Buffer.alloc(IV_AT)
  head.writeUInt8(VERSION, 0)
  head.writeBigUInt64BE(BigInt(Math.floor((fixed.nowMs ?? Date.now()) / 1000)), 1)
  const cipher = createCipheriv('aes-128-cbc', encryption, iv)
  const signed = Buffer.concat([head, iv, cipher.update(plain), cipher.final()])
  return toUrlBase64(Buffer.concat([signed, hmac(signing, signed)]))
}

/**
 * What a token holds, or null when it is malformed, made with another key, or outside `maxAgeSeconds`.
 * Nothing tells the cases apart: whoever offers a token learns only that it is no good.
 * @param key 32 bytes
 */
export function fernetDecrypt(
  key: Buffer,
  token: string,
  limits: { maxAgeSeconds?: number; nowMs?: number } = {},
): Buffer | null {
  const { signing, encryption } = halves(key)
  const bytes = open(token)
  if (!bytes) return null
  const signed = bytes.subarray(0, -MAC_BYTES)
  if (!timingSafeEqual(hmac(signing, signed), bytes.subarray(-MAC_BYTES))) return null
  if (limits.maxAgeSeconds !== undefined) {
    const age = Math.floor((limits.nowMs ?? Date.now()) / 1000) - Number(signed.readBigUInt64BE(1))
    if (age > limits.maxAgeSeconds || age < -MAX_CLOCK_SKEW) return null
  }
  try {
    const decipher = createDecipheriv('aes-128-cbc', encryption, signed.subarray(IV_AT, TEXT_AT))
    return Buffer.concat([decipher.update(signed.subarray(TEXT_AT)), decipher.final()])
  } catch {
    // The MAC was right and the padding is not: still just a token that is no good.
    return null
  }
}

/** The bytes of a token whose outer form is right, else null. */
function open(token: string): Buffer | null {
  if (!SHAPE.test(token) || token.length % 4 !== 0) return null
  const bytes = Buffer.from(token, 'base64url')
  // Buffer forgives stray low bits in the last character; one token must have one spelling.
  if (toUrlBase64(bytes) !== token) return null
  const textBytes = bytes.length - TEXT_AT - MAC_BYTES
  if (bytes[0] !== VERSION || textBytes < BLOCK_BYTES || textBytes % BLOCK_BYTES !== 0) return null
  return bytes
}

function halves(key: Buffer): { signing: Buffer; encryption: Buffer } {
  if (key.length !== 32) throw new Error('A Fernet key has 32 bytes')
  return { signing: key.subarray(0, 16), encryption: key.subarray(16) }
}

const hmac = (key: Buffer, data: Buffer) => createHmac('sha256', key).update(data).digest()

const toUrlBase64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
