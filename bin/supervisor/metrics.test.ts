import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { testConfig } from '../../test/runtime'
import { type MetricsChild, type MetricsListener, startMetrics } from './metrics'

const running: MetricsListener[] = []
afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop()
})

const child = (name: 'web' | 'collector', text: string | null, restarts = 0) => {
  const asked: number[] = []
  const askMetrics = async (patienceMs: number) => {
    asked.push(patienceMs)
    await new Promise((resolve) => setTimeout(resolve, 20))
    return text
  }
  return { name, restarts, asked, askMetrics }
}

async function start(children: MetricsChild[], { port = 0, chosen = true } = {}) {
  const logged: string[] = []
  const log = pino({ level: 'warn' }, { write: (line) => void logged.push(line) })
  const config = testConfig({ metrics: { enabled: true, host: '127.0.0.1', port, chosen } })
  const listener = await startMetrics({ config, log }, children)
  if (listener) running.push(listener)
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${listener?.port}${path}`, { method })
  return { listener, logged, get }
}

async function withTaken(work: (port: number) => Promise<void>) {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  try {
    await work((holder.address() as AddressInfo).port)
  } finally {
    holder.close()
  }
}

const told = (process: string) => `# HELP a A.\n# TYPE a gauge\na{process="${process}"} 1\n`

describe('the listener for Prometheus', () => {
  it.each(['/metrics', '/'])('tells at %s what every child tells, once', async (path) => {
    const { get } = await start([child('web', told('web')), child('collector', told('collector'))])
    const answer = await get(path)
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('# TYPE a gauge\na{process="web"} 1\na{process="collector"} 1\n')
    expect(text).toMatch(/^process_resident_memory_bytes\{process="supervisor"\} \d+$/m)
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1])
    expect(names).toEqual([...new Set(names)])
  })

  it('leaves out a child that is silent, and says so', async () => {
    const { get } = await start([child('web', null, 3), child('collector', told('collector'))])
    const text = await (await get('/metrics')).text()
    expect(text).toContain('bennu_process_up{process="web"} 0\nbennu_process_up{process="collector"} 1\n')
    expect(text).toContain('bennu_process_restarts_total{process="web"} 3\n')
    expect(text).toContain('a{process="collector"} 1\n')
  })

  it('asks once for all who ask at the same time', async () => {
    const web = child('web', told('web'))
    const { get } = await start([web])
    await Promise.all([get('/metrics'), get('/metrics'), get('/metrics')])
    expect(web.asked.length).toBeLessThan(3)
  })

  it('has nothing elsewhere and takes nothing', async () => {
    const { get } = await start([])
    expect((await get('/v1/traces')).status).toBe(404)
    const post = await get('/metrics', 'POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('a port for metrics that somebody else has', () => {
  it('stops the start when it was chosen', async () => {
    await withTaken(async (port) => {
      await expect(start([], { port })).rejects.toThrow(
        `port ${port} on 127.0.0.1 is already in use: stop what listens there, or choose another port with BENNU_METRICS_PORT`,
      )
    })
  })

  it('is done without, and warned about, when it is only the usual one', async () => {
    await withTaken(async (port) => {
      const { listener, logged } = await start([], { port, chosen: false })
      expect(listener).toBeNull()
      expect(logged.join()).toContain('BENNU_METRICS_PORT')
    })
  })
})
