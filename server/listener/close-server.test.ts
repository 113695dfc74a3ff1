import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { closeServer } from '#server/listener/close-server'

/** Answers after a moment, so that a client without pauses never leaves its connection idle. */
async function startServer(): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => void sleep(60).then(() => response.end('x')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

/** Asks on one connection, each time with the very bytes of an answer at hand; counts answers until it is closed. */
function askWithoutPause(port: number): { answers: () => number; closed: Promise<void> } {
  let answers = 0
  const socket = connect(port, '127.0.0.1')
  const ask = () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  socket.on('connect', ask)
  socket.on('data', () => {
    answers += 1
    ask()
  })
  socket.on('error', () => {})
  return { answers: () => answers, closed: new Promise((resolve) => socket.on('close', () => resolve())) }
}

it('answers a client that asks without pause once more and no longer', async () => {
  const { server, port } = await startServer()
  const client = askWithoutPause(port)
  // Not when an answer is just due.
  await sleep(330)
  const before = client.answers()
  await closeServer(server, 3_000)
  await client.closed
  expect(before).toBeGreaterThan(1)
  // The one that was under way, and the next.
  expect(client.answers() - before).toBeLessThanOrEqual(2)
})

it('answers what was asked before', async () => {
  const { server, port } = await startServer()
  const answer = fetch(`http://127.0.0.1:${port}/`)
  await sleep(20)
  await closeServer(server, 10_000)
  expect(await (await answer).text()).toBe('x')
})

it('answers a connection that was made and not taken yet', async () => {
  const { server, port } = await startServer()
  const answers = Array.from({ length: 200 }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    return new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (part) => {
        text += part
      })
      socket.on('error', (error) => resolve(error.message))
      socket.on('close', () => resolve(text.slice(0, 15)))
    })
  })
  // The sockets ask the system for their connections before this goes on, and the listener has not had its turn.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await closeServer(server, 10_000)
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200 OK']))
})

it('is done when the grace is over, whoever still holds a connection and says nothing', async () => {
  const { server, port } = await startServer()
  const silent = connect(port, '127.0.0.1')
  const isCut = new Promise((resolve) => silent.on('close', resolve))
  silent.on('error', () => {})
  await new Promise((resolve) => silent.on('connect', resolve))
  await closeServer(server, 400)
  await isCut
})
