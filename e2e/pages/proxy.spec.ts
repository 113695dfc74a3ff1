/**
 * People behind a reverse proxy: a real nginx with the blocks that docs/proxy.md prints, https in front, plain http behind,
 * at the root of a host and below a prefix that the proxy keeps or removes. Nothing may be asked for outside the prefix.
 */

import { status } from '@grpc/grpc-js'
import { expect } from '@playwright/test'
import { asc, desc, eq } from 'drizzle-orm'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { createKey, SYSTEM_USER_ID } from '../../test/principals'
import { insertTrace } from '../../test/traces'
import { oneSpan } from '../support/exporters'
import { listen, watchPolicy } from '../support/fixtures'
import { endedSpans, openExporter } from '../support/grpc-exporter'
import { type Front, GRPC_SITES, SITES, test, watchPrefix } from '../support/proxy-front'
import {
  heading,
  isMarked,
  makeKey,
  mark,
  signedIn,
  signIn,
  spansIn,
  withoutProjects,
} from '../support/proxy-visits'
import type { BennuServer } from '../support/server'

// One test is a whole visit.
test.setTimeout(120_000)

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

for (const [index, { name, encrypted }] of GRPC_SITES.entries()) {
  const project = `grpc-${index}`
  const open = ({ nginx, grpcPorts }: Front, headers: Record<string, string>) =>
    openExporter({ port: grpcPorts[index] ?? 0, headers, ...(encrypted && { authority: nginx.authority }) })
  const keyOf = async ({ servers }: Front) => {
    const { world } = servers.get('') as BennuServer
    const { headers } = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'ingest', role: 'MEMBER' })
    return { authorization: headers.authorization ?? '' }
  }

  test(`gRPC ${name}: what a stock exporter sends is stored, more often than one connection lives`, async ({
    front,
  }) => {
    const exporter = open(front, await keyOf(front))
    const answers: unknown[] = []
    // nginx ends a connection after 1,000 requests; an exporter has at most 30 under way.
    for (let sent = 0; sent < 1_100; sent += 25)
      answers.push(
        ...(await Promise.all(Array.from({ length: 25 }, () => exporter.send(endedSpans(project, 1))))),
      )
    await exporter.close()
    expect(new Set(answers)).toEqual(new Set(['OK']))
    expect(await spansIn(front, project)).toBe(1_100)
  })

  test(`gRPC ${name}: 20 MB in one message are stored, and 34 MB refused`, async ({ front }) => {
    const exporter = open(front, await keyOf(front))
    expect(await exporter.send(endedSpans(`large-${project}`, 20, 1_000_000))).toBe('OK')
    expect(await exporter.send(endedSpans(`large-${project}`, 34, 1_000_000))).toBe(status.RESOURCE_EXHAUSTED)
    await exporter.close()
    expect(await spansIn(front, `large-${project}`)).toBe(20)
  })

  test(`gRPC ${name}: a wrong key is UNAUTHENTICATED, and nobody chooses the address on record`, async ({
    front,
  }) => {
    const { world } = front.servers.get('') as BennuServer
    const { auditEvents: t } = world.db.t
    const refusals = () =>
      world.db.read
        .select({ address: t.address, userAgent: t.userAgent })
        .from(t)
        .where(eq(t.action, 'credential.refuse'))
        .orderBy(asc(t.id))
    const before = (await refusals()).length
    const lies = { 'x-forwarded-for': `203.0.113.${index}`, 'x-real-ip': `203.0.113.${index}` }
    const exporter = open(front, { authorization: `Bearer wrong ${index}`, ...lies })
    expect(await exporter.send(endedSpans(project, 1))).toBe(status.UNAUTHENTICATED)
    await exporter.close()
    await expect
      .poll(async () => (await refusals()).slice(before))
      .toEqual([{ address: '127.0.0.1', userAgent: expect.stringMatching(/^OTel/) }])
  })
}

for (const [index, { name, root }] of SITES.entries()) {
  if (root !== '/a/b') continue
  test(`${name}: pages that only say what is wrong stay below the prefix`, async ({ browser, front }) => {
    const server = front.servers.get(root) as BennuServer
    const origin = `https://localhost:${front.nginx.ports[index]}`
    const context = await browser.newContext({ baseURL: origin, ignoreHTTPSErrors: true })
    const refused = await watchPolicy(context)
    const outside = watchPrefix(context, origin, root)
    const page = await context.newPage()
    const complaints = listen(page)
    const leadOut = () =>
      page
        .locator('a[href^="/"], form[action^="/"]')
        .evaluateAll(
          (all, prefix) =>
            all
              .map((one) => one.getAttribute('href') ?? one.getAttribute('action') ?? '')
              .filter((path) => !path.startsWith(prefix)),
          `${root}/`,
        )
    const wayOut = () => page.getByRole('link', { name: 'Go to projects' })

    // Nobody is signed in: what lies below an open page is not there for anybody.
    expect((await page.goto(`${root}/login/nothing`))?.status()).toBe(404)
    await expect(heading(page, 'Not found')).toBeVisible()
    await expect(wayOut()).toHaveAttribute('href', `${root}/projects`)

    await signedIn(context, server, `${origin}${root}/`)
    for (const path of ['/no-such-page', '/projects/no-such-project']) {
      expect((await page.goto(`${root}${path}`))?.status()).toBe(404)
      await expect(heading(page, 'Not found')).toBeVisible()
      expect(await leadOut()).toEqual([])
      await wayOut().click()
      await expect(page).toHaveURL(`${origin}${root}/projects`)
      await expect(heading(page, 'Projects')).toBeVisible()
    }

    await withoutProjects(server, async () => {
      await page.goto(`${root}/projects`)
      await expect(heading(page, 'This page could not be shown')).toBeVisible()
      await expect(page.getByText(/^Request [0-9a-f-]{36}$/)).toBeVisible()
      expect(await leadOut()).toEqual([])
      await wayOut().click()
      await expect(page).toHaveURL(`${origin}${root}/projects`)
      await expect(heading(page, 'This page could not be shown')).toBeVisible()
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(heading(page, 'Projects')).toBeVisible()
    await expect(page).toHaveURL(`${origin}${root}/projects`)
    await context.close()
    expect(outside, 'requests outside the prefix').toEqual([])
    expect(refused, 'what the content security policy refused').toEqual([])
    // The last is React's word for a part of a page that the server could not make.
    const surprises = complaints.filter((text) => !/status of (404|500)|React error #441/.test(text))
    expect(surprises, 'complaints of the browser').toEqual([])
  })
}
