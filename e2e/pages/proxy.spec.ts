/**
 * People behind a reverse proxy: a real nginx with the blocks that docs/proxy.md prints, https in front, plain http behind,
 * at the root of a host and below a prefix that the proxy keeps or removes. Nothing may be asked for outside the prefix.
 */
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { desc } from 'drizzle-orm'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { insertTrace } from '../../test/traces'
import { oneSpan } from '../support/exporters'
import { listen, watchPolicy } from '../support/fixtures'
import { documentedBlocks, type Nginx, startNginx } from '../support/nginx'
import { AUTH, type BennuServer, startServer } from '../support/server'

/** As it stands in many a company: no X-Forwarded-For. */
const SHORT_BLOCK = `server {
    listen 443 ssl;
    server_name traces.example.com;

    ssl_certificate /etc/ssl/certs/phoenix.crt;
    ssl_certificate_key /etc/ssl/private/phoenix.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers HIGH:!aNULL:!MD5;

    location / {
        proxy_pass http://phoenix:6006;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}`

const [WHOLE_HOST = '', GRPC = '', KEEPING = '', REMOVING = ''] = documentedBlocks()
const SITES = [
  {
    name: 'a host of its own, slash after the upstream',
    root: '',
    block: WHOLE_HOST.replace(':6006;', ':6006/;'),
  },
  { name: 'the short block', root: '', block: SHORT_BLOCK },
  ...['/bennu', '/a/b'].flatMap((root) => [
    { name: `${root} kept`, root, block: KEEPING },
    { name: `${root} removed`, root, block: REMOVING },
  ]),
]

/** With PHOENIX_ROOT_URL and without: pages hold paths alone, so that neither matters to a browser. */
const SETTINGS: Record<string, Record<string, string>> = {
  '': {},
  '/bennu': { PHOENIX_HOST_ROOT_PATH: '/bennu', PHOENIX_ROOT_URL: 'https://tools.example.com/bennu' },
  '/a/b': { PHOENIX_HOST_ROOT_PATH: '/a/b' },
}

interface Front {
  servers: Map<string, BennuServer>
  nginx: Nginx
}

const test = base.extend<object, { front: Front }>({
  front: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from its pattern
    async ({}, use) => {
      const servers = new Map<string, BennuServer>()
      for (const root of ['', '/bennu', '/a/b']) {
        const env = { ...AUTH, ...SETTINGS[root] }
        servers.set(root, await startServer({ engine: 'sqlite', env }))
      }
      const portOf = (root: string) => Number(new URL(servers.get(root)?.baseUrl ?? '').port)
      const nginx = await startNginx([
        ...SITES.map(({ block, root }) => ({ block, rootPath: root, upstreamPort: portOf(root) })),
        { block: GRPC, upstreamPort: servers.get('')?.grpcPort ?? 0 },
      ])
      await use({ servers, nginx })
      await nginx.stop()
      for (const server of servers.values()) await server.stop()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

// One test is a whole visit.
test.setTimeout(120_000)

/** Requests that leave the prefix. The picture of the tab is in the page itself, so that browsers ask for none. */
function watchPrefix(context: BrowserContext, origin: string, root: string): string[] {
  const outside: string[] = []
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol === 'data:' || url.protocol === 'blob:') return
    const isInside = url.origin === origin && (url.pathname === root || url.pathname.startsWith(`${root}/`))
    if (!isInside) outside.push(`${request.method()} ${request.url()}`)
  })
  return outside
}

/** Whether the document is still the one that was marked: no page was loaded anew. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { bennuMark: true }))
const isMarked = (page: Page) => page.evaluate(() => 'bennuMark' in window)

const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true })

/** Signs in; again where the click was faster than the page's script, which then asks anew. */
async function signIn(page: Page, email: string): Promise<void> {
  await expect(async () => {
    await page.getByLabel('E-mail').fill(email)
    await page.getByRole('textbox', { name: 'Password' }).fill(TEST_PASSWORD)
    await page.getByRole('button', { name: /^Sign in( Last used)?$/ }).click()
    await expect(page).not.toHaveURL(/\/login/)
  }).toPass({ timeout: 40_000 })
}

async function makeKey(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Create system API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('radio', { name: /Ingest/ }).check({ force: true })
  await page.getByRole('button', { name: 'Create API key' }).click()
  return (await page.getByTestId('new-key').textContent()) ?? ''
}

for (const [index, { name, root }] of SITES.entries()) {
  test(`${name}: from the sign-in to a new trace on the screen`, async ({ browser, front, playwright }) => {
    const { world } = front.servers.get(root) as BennuServer
    const origin = `https://localhost:${front.nginx.ports[index]}`
    const project = `behind-${index}`
    const admin = await createAccount(world, { role: 'ADMIN', username: `admin-${index}` })
    await insertTrace(world, { project, spans: [{ name: 'Answer one' }, { parent: 0, name: 'Generate' }] })
    const context = await browser.newContext({ baseURL: origin, ignoreHTTPSErrors: true })
    const refused = await watchPolicy(context)
    const outside = watchPrefix(context, origin, root)
    const page = await context.newPage()
    const complaints = listen(page)

    await page.goto(`${root}/settings/api-keys`)
    await expect(page).toHaveURL(`${origin}${root}/login?returnUrl=%2Fsettings%2Fapi-keys`)
    await signIn(page, admin.email ?? '')
    await expect(page).toHaveURL(`${origin}${root}/settings/api-keys`)
    for (const cookie of await context.cookies()) {
      expect([cookie.name, cookie.secure, cookie.path]).toEqual([cookie.name, true, root || '/'])
    }
    const key = await makeKey(page, `key-${index}`)

    await mark(page)
    const menu = page.getByRole('navigation', { name: 'Main' })
    await menu.getByRole('link', { name: 'General' }).click()
    await expect(page).toHaveURL(`${origin}${root}/settings/general`)
    await menu.getByRole('link', { name: 'Projects' }).click()
    await page
      .getByRole('main')
      .getByRole('link', { name: new RegExp(project) })
      .click()
    await expect(page.getByRole('link', { name: 'Answer one' })).toBeVisible()
    const listAddress = page.url()
    await page.getByRole('link', { name: 'Answer one' }).click()
    const drawer = page.getByRole('dialog', { name: 'Trace' })
    await expect(drawer.getByRole('treeitem', { name: /Generate/ })).toBeVisible()
    const traceAddress = page.url()
    expect(traceAddress).toMatch(new RegExp(`^${origin}${root}/projects/[^/]+/traces/[0-9a-f]{32}$`))
    await page.goBack()
    await expect(drawer).toHaveCount(0)
    await expect(page).toHaveURL(listAddress)
    await page.goForward()
    await expect(drawer).toBeVisible()
    await page.goBack()
    await expect(drawer).toHaveCount(0)
    expect(await isMarked(page)).toBe(true)

    const exporter = await playwright.request.newContext({ ignoreHTTPSErrors: true })
    const sent = await exporter.post(`${origin}${root}/v1/traces`, {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      data: oneSpan('Answer two', project),
    })
    expect(sent.status()).toBe(200)
    await expect(page.getByRole('link', { name: 'Answer two' })).toBeVisible()
    expect(await isMarked(page)).toBe(true)

    await page.goto(`${root}/graphql`)
    await expect(page.locator('#explorer')).toContainText('viewer')
    await page.goto(traceAddress)
    await expect(heading(page, 'Answer one')).toBeVisible()
    await page.goto(`${root}/no-such-page`)
    await page.getByRole('link', { name: 'Go to projects' }).click()
    await expect(page).toHaveURL(`${origin}${root}/projects`)
    await page.goto(`${root}/auth/logout`)
    await expect(page).toHaveURL(new RegExp(`^${origin}${root}/log(in|out)$`))
    expect(await context.cookies()).toEqual([])
    await page.goto(`${root}/`)
    await signIn(page, admin.email ?? '')
    await expect(page).toHaveURL(`${origin}${root}/projects`)
    await exporter.dispose()
    await context.close()
    expect(outside, 'requests outside the prefix').toEqual([])
    expect(refused, 'what the content security policy refused').toEqual([])
    const surprises = complaints.filter((text) => !/status of 404.*no-such-page/.test(text))
    expect(surprises, 'complaints of the browser').toEqual([])
  })

  test(`${name}: nobody chooses the address that is recorded`, async ({ front, playwright }) => {
    const { world } = front.servers.get(root) as BennuServer
    const origin = `https://localhost:${front.nginx.ports[index]}`
    const user = await createAccount(world, { username: `liar-${index}` })
    const client = await playwright.request.newContext({ ignoreHTTPSErrors: true })
    const body = { email: user.email ?? '', password: TEST_PASSWORD }
    await client.post(`${origin}${root}/auth/login`, { data: body })
    const headers = { 'x-forwarded-for': '203.0.113.99', 'x-real-ip': '203.0.113.99' }
    expect((await client.post(`${origin}${root}/auth/login`, { data: body, headers })).status()).toBe(204)
    await client.dispose()
    const { sessions } = world.db.t
    const [last] = await world.db.read
      .select({ address: sessions.address })
      .from(sessions)
      .orderBy(desc(sessions.id))
      .limit(1)
    expect(last?.address).toBe('127.0.0.1')
  })
}
