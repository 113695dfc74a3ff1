/** The content security policy as a browser keeps it, and that a breach of it is reported. */
import type { Page } from '@playwright/test'
import { expect, test, watchPolicy } from '../support/fixtures'

/** A page in a browser of its own, whose reports fail no test, and those reports. */
const visit = test.extend<{ watched: { page: Page; reports: string[] } }>({
  watched: async ({ browser, baseURL }, use) => {
    const context = await browser.newContext({ baseURL: baseURL ?? '' })
    const reports = await watchPolicy(context)
    const page = await context.newPage()
    await page.goto('/login')
    await use({ page, reports })
    await context.close()
  },
})

/** Whether an attack of those below got through. */
const hasRun = (page: Page) => page.evaluate(() => (window as unknown as { ran?: boolean }).ran === true)

/**
 * A script by the parser, as markup brings it. One that a script of ours makes may run: 'strict-dynamic' says so, and
 * whoever can make one has run code already.
 */
function parseScript(): void {
  const frame = document.createElement('iframe')
  frame.srcdoc = '<script>parent.ran = true</script>'
  document.body.append(frame)
}

function appendHandler(): void {
  document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = true">')
}

/** Later, and so as the page's own code: what a debugger runs may evaluate. */
function evaluateLater(): void {
  setTimeout(() => {
    // biome-ignore lint/security/noGlobalEval: whether it is refused is the question
    window.eval('window.ran = true')
  })
}

test.describe('the policy refuses, and reports', () => {
  visit('a script in the page', async ({ watched: { page, reports } }) => {
    await page.evaluate(parseScript)
    await expect
      .poll(() => reports)
      .toEqual([expect.stringMatching(/^srcdoc: script-src-elem refused inline /)])
    expect(await hasRun(page)).toBe(false)
  })

  visit('a handler in the page', async ({ watched: { page, reports } }) => {
    await page.evaluate(appendHandler)
    await expect
      .poll(() => reports)
      .toEqual([expect.stringMatching(/^\/login: script-src-attr refused inline /)])
    expect(await hasRun(page)).toBe(false)
  })

  visit('text that is evaluated', async ({ watched: { page, reports } }) => {
    await page.evaluate(evaluateLater)
    await expect.poll(() => reports).toEqual([expect.stringMatching(/^\/login: script-src refused eval /)])
    expect(await hasRun(page)).toBe(false)
  })
})

test.describe('without a policy', () => {
  // What shows that the tests above can fail.
  for (const [what, attack] of Object.entries({ parseScript, appendHandler, evaluateLater }))
    test(`${what} runs`, async ({ browser, baseURL }) => {
      const page = await browser.newPage({ baseURL: baseURL ?? '', bypassCSP: true })
      await page.goto('/login')
      await page.evaluate(attack)
      await expect.poll(() => hasRun(page)).toBe(true)
      await page.close()
    })
})
