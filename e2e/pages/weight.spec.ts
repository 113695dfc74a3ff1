/** How much script a page costs the first time: under 200 kB as it goes over the wire. */
import { gzipSync } from 'node:zlib'
import { expect, test } from '../support/fixtures'
import { insertSupportTrace } from '../support/support-agent'

const LIMIT_BYTES = 200_000

test.describe('the script of a first visit', () => {
  const pages = [
    '/login',
    '/projects',
    '/projects/default',
    '/projects/heavy',
    'trace',
    '/settings/general',
    '/settings/users',
    `/settings/users/${btoa('User:2')}`,
    '/settings/api-keys',
    '/settings/audit',
    '/settings/secrets',
    '/settings/sign-in',
    '/profile',
    '/reset-password',
  ]
  for (const name of pages) {
    test(`of ${name} stays under 200 kB`, async ({ page, server, signIn }) => {
      const trace = await insertSupportTrace(server.world, 'heavy')
      if (name !== '/login') await signIn()
      const sizes: Promise<number>[] = []
      page.on('response', (response) => {
        if (!response.url().includes('/_next/static/') || !/\.js(\?|$)/.test(response.url())) return
        sizes.push(response.body().then((body) => gzipSync(body).byteLength))
      })
      await page.goto(name === 'trace' ? `/projects/heavy/traces/${trace.traceId}` : name, {
        waitUntil: 'networkidle',
      })
      const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
      test.info().annotations.push({ type: 'script', description: `${Math.round(total / 1000)} kB` })
      expect(total).toBeGreaterThan(50_000)
      expect(total, 'bytes of script, gzip').toBeLessThan(LIMIT_BYTES)
    })
  }
})
