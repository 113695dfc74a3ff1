/** The trace view: large traces, odd traces, the keyboard. */
import type { Page } from '@playwright/test'
import {
  insertBigTrace,
  insertCyclicTrace,
  insertManyTraces,
  insertRootlessTrace,
  insertSupportTrace,
} from '../support/data'
import { expect, test } from '../support/fixtures'

test.beforeEach(({ signIn }) => signIn())

/** Milliseconds of the longest task of the main thread so far. */
const longestTask = (page: Page) =>
  page.evaluate(() => Math.max(0, ...(window as unknown as { longTasks: number[] }).longTasks))

async function watchLongTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const longTasks: number[] = []
    Object.assign(window, { longTasks })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longTasks.push(entry.duration)
    }).observe({ type: 'longtask', buffered: true })
  })
}

test('a trace of 5,000 spans never holds the page for 200 ms', async ({ page, server }) => {
  const trace = await insertBigTrace(server.world, 'big')
  const fetched: string[] = []
  page.on('request', (request) => {
    if (/\/ui\/spans\//.test(request.url())) fetched.push(request.url())
  })
  await watchLongTasks(page)
  await page.goto(`/projects/big/traces/${trace.traceId}`)
  const tree = page.getByRole('tree', { name: 'Spans' })
  await expect(page.getByRole('treeitem', { name: /step 0/ })).toBeVisible()
  await expect(page.getByRole('tab', { name: 'Attributes' })).toBeVisible()
  expect(await page.getByRole('treeitem').count(), 'rows in the page').toBeLessThan(80)

  await tree.focus()
  await page.keyboard.press('End')
  await expect(page.getByRole('treeitem', { name: /step 4999/ })).toHaveAttribute('aria-selected', 'true')
  await page.mouse.move(500, 500)
  for (let i = 0; i < 10; i++) await page.mouse.wheel(0, -3000)
  await page.getByRole('button', { name: 'Collapse all' }).click()
  await expect(page.getByRole('treeitem')).toHaveCount(1)
  await page.getByRole('button', { name: 'Expand all' }).click()
  await page.getByLabel('Search in the spans').fill('step 4321')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('treeitem', { name: /step 4321/ })).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByText('input of 4321')).toBeVisible()

  expect(await page.getByRole('treeitem').count(), 'rows in the page').toBeLessThan(80)
  // The first span, the last one and the one that was found; nothing is fetched ahead.
  expect(fetched).toHaveLength(3)
  expect(await longestTask(page), 'longest task, ms').toBeLessThan(200)
})

test('spans that are each other’s parent are shown once each', async ({ page, server }) => {
  const trace = await insertCyclicTrace(server.world, 'odd')
  await page.goto(`/projects/odd/traces/${trace.traceId}`)
  await expect(page.getByRole('treeitem')).toHaveText([/chicken/, /egg/, /omelette/])
  await expect(page.getByRole('treeitem', { name: /omelette/ })).toHaveAttribute('aria-level', '3')
})

test('a trace without a root shows every span at the top', async ({ page, server }) => {
  const trace = await insertRootlessTrace(server.world, 'odd')
  await page.goto(`/projects/odd/traces/${trace.traceId}`)
  await expect(page.getByRole('treeitem')).toHaveCount(3)
  for (const row of await page.getByRole('treeitem').all())
    await expect(row).toHaveAttribute('aria-level', '1')
})

test('a span id that stands in two traces is two spans', async ({ page, server }) => {
  const one = await insertCyclicTrace(server.world, 'odd')
  const two = await insertCyclicTrace(server.world, 'odd')
  for (const trace of [one, two]) {
    await page.goto(`/projects/odd/traces/${trace.traceId}`)
    await expect(page.getByRole('treeitem')).toHaveCount(3)
    await page.getByRole('treeitem', { name: /egg/ }).click()
    await expect(page.getByRole('heading', { name: 'egg' })).toBeVisible()
  }
})

test('the selected span is in the address, and the keyboard goes everywhere', async ({ page, server }) => {
  const trace = await insertSupportTrace(server.world, 'keys')
  await page.goto(`/projects/keys/traces/${trace.traceId}`)
  const selected = page.locator('[role=treeitem][aria-selected=true]')
  await page.getByRole('tree').focus()
  await page.keyboard.press('j')
  await expect(selected).toContainText('Classify request')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(selected).toContainText('Retrieve policy')
  await page.keyboard.press('ArrowRight')
  await expect(selected).toContainText('Embed question')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('treeitem', { name: /Retrieve policy/ })).toHaveAttribute(
    'aria-expanded',
    'false',
  )
  await expect(page.getByRole('treeitem', { name: /Embed question/ })).toHaveCount(0)
  await page.keyboard.press('End')
  await expect(selected).toContainText('issue_refund')
  await page.reload()
  await expect(selected).toContainText('issue_refund')
  await expect(page).toHaveURL(/selectedSpanNodeId=/)
})

test('the list loads older traces, keeps its place and says what is new', async ({ page, server }) => {
  await insertManyTraces(server.world, 'list', 120)
  await page.goto('/projects/list')
  await expect(page.getByRole('link', { name: 'Answer question 120' })).toBeVisible()
  expect(await page.getByRole('row').count()).toBeLessThan(60)
  const main = page.getByRole('main')
  await expect(async () => {
    await main.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await expect(page.getByRole('link', { name: 'Answer question 1', exact: true })).toBeVisible({
      timeout: 500,
    })
  }).toPass()
  const scrolled = await main.evaluate((element) => element.scrollTop)
  await insertSupportTrace(server.world, 'list')
  await expect(page.getByRole('button', { name: '1 new trace' })).toBeVisible()
  expect(await main.evaluate((element) => element.scrollTop)).toBe(scrolled)
  await page.getByRole('button', { name: '1 new trace' }).click()
  await expect(page.getByRole('link', { name: /support-agent/ })).toBeVisible()
})

test('j and Enter open a trace from the list', async ({ page, server }) => {
  await insertManyTraces(server.world, 'walk', 3)
  await page.goto('/projects/walk')
  const first = page.getByRole('link', { name: 'Answer question 3' })
  await first.focus()
  await page.keyboard.press('j')
  await expect(page.getByRole('link', { name: 'Answer question 2' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('treeitem', { name: /Answer question 2/ })).toBeVisible()
})
