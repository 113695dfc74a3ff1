/** The trace view and the list before it: odd traces, the keyboard, the drawer. */
import { insertCyclicTrace, insertManyTraces, insertRootlessTrace } from '../support/data'
import { expect, test } from '../support/fixtures'
import { insertSupportTrace } from '../support/support-agent'

test.beforeEach(({ signIn }) => signIn())

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
  const rowId = (await selected.getAttribute('id'))?.replace('span-row-', '')
  // The address follows a moment later.
  await expect(page).toHaveURL((url) => url.searchParams.get('selectedSpanNodeId') === btoa(`Span:${rowId}`))
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
    await expect(page.getByRole('link', { name: /Answer question 1$/ })).toBeVisible({
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

test('a trace opens over its list, walks to its neighbours and leaves the list as it was', async ({
  page,
  server,
}) => {
  await insertManyTraces(server.world, 'over', 60)
  await page.goto('/projects/over')
  const main = page.getByRole('main')
  // Said so by the page's script: what is scrolled before it has taken over is forgotten.
  await expect(page.getByRole('link', { name: /Answer question 60$/ })).toHaveAttribute('title', /started/)
  await main.evaluate((element) => element.scrollTo(0, 600))
  await page.getByRole('link', { name: /Answer question 40$/ }).click()
  const drawer = page.getByRole('dialog', { name: 'Trace' })
  await expect(drawer.getByRole('heading', { name: 'Answer question 40', level: 1 })).toBeVisible()
  await expect(page).toHaveURL(/\/traces\//)
  await drawer.getByRole('button', { name: 'Trace below' }).click()
  await expect(drawer.getByRole('heading', { name: 'Answer question 39', level: 1 })).toBeVisible()
  await drawer.getByRole('tree', { name: 'Spans' }).press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(page).toHaveURL(/\/projects\/over$/)
  expect(await main.evaluate((element) => element.scrollTop)).toBe(600)
  await page.goForward()
  await expect(page.getByRole('heading', { name: 'Answer question 39', level: 1 })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('heading', { name: 'Answer question 39', level: 1 })).toBeVisible()
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
