/** The content security policy as a browser keeps it, and that a breach of it fails a test. */
import { expect, test } from '../support/fixtures'

test.describe('a page that breaks the policy', () => {
  // The console says it too; what must fail the test is the report.
  test.use({ expectedComplaint: /./ })

  test.fail('fails the test that opened it', async ({ page }) => {
    await page.goto('/login')
    await page.evaluate(() => {
      const script = document.createElement('img')
      script.setAttribute('onerror', 'window.ran = true')
      script.src = 'data:image/png;base64,nothing'
      document.body.append(script)
    })
    await page.waitForTimeout(300)
  })
})

test.describe('what the policy refuses', () => {
  test.use({ expectedComplaint: /Content Security Policy/ })

  test('does not run', async ({ browser, baseURL }) => {
    const page = await browser.newPage({ baseURL: baseURL ?? '' })
    await page.goto('/login')
    const ran = await page.evaluate(async () => {
      const marks = window as unknown as Record<string, boolean>
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.handlerRan = true">')
      const inline = document.createElement('script')
      inline.textContent = 'window.inlineRan = true'
      const parsed = new DOMParser().parseFromString(inline.outerHTML, 'text/html').querySelector('script')
      if (parsed) document.body.append(document.importNode(parsed, true))
      // Later, and so as the page's own code: what a debugger runs may evaluate.
      setTimeout(() => {
        try {
          // biome-ignore lint/security/noGlobalEval: whether it is refused is the question
          window.eval('window.evalRan = true')
        } catch {
          // Refused, as it must be.
        }
      })
      await new Promise((resolve) => setTimeout(resolve, 300))
      return [marks.handlerRan, marks.inlineRan, marks.evalRan]
    })
    expect(ran).toEqual([undefined, undefined, undefined])
    await page.close()
  })
})
