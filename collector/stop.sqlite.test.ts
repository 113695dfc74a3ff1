/** Connections that were made just before the collector stops. */
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createTestRuntime } from '../test/runtime'
import { startCollector } from './server'

/** What a client sends first, and the empty frame of its settings (RFC 9113, 3.4). */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
])
const SETTINGS = 4

/** The kind of the first frame that comes, or the error. */
function greet(port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(PREFACE)
    socket.once('data', (bytes) => {
      resolve(bytes[3] as number)
      socket.end()
    })
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', () => resolve('closed without a word'))
  })
}

it('are taken and greeted, not reset', async () => {
  const runtime = await createTestRuntime({ config: { server: { grpcPort: 0 } } })
  const server = { ...runtime.config.server, otlpHttp: { port: 0, chosen: false } }
  const collector = await startCollector({ ...runtime, config: { ...runtime.config, server } })
  const greetings = Array.from({ length: 100 }, () => greet(collector.port as number))
  // The sockets ask the system for their connections before this goes on, and the collector has not had its turn.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await collector.stop(8_000)
  expect(new Set(await Promise.all(greetings))).toEqual(new Set([SETTINGS]))
})
