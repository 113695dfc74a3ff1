/** A page as people see it: in both themes, at a desk and on a telephone. */
import { expect, type Page } from '@playwright/test'
import { expectAccessible } from './fixtures'

const SIZES = [
  { name: '1280', width: 1280, height: 800 },
  { name: '390', width: 390, height: 844 },
] as const

/** Pictures are for people who work on the pages: nobody looks at those of continuous integration. */
const TAKES_PICTURES = !process.env.CI

interface Picture {
  /** The whole length of the page, not only what the screen shows. */
  fullPage?: boolean
}

interface LookOptions extends Picture {
  /** Both themes in both sizes for axe too; otherwise each theme and each size once. */
  isThorough?: boolean
}

/**
 * Looks at the page as it is, in both themes and both sizes: no violation that axe knows, nothing wider than the screen,
 * and pictures in screenshots/. Leaves it at a desk, in light.
 */
export async function look(page: Page, name: string, options: LookOptions = {}): Promise<void> {
  const { isThorough, ...picture } = options
  for (const { name: width, ...viewport } of SIZES) {
    await page.setViewportSize(viewport)
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      // The virtual lists measure themselves anew after a change of size.
      await page.waitForTimeout(150)
      await takePicture(page, `${name}-${theme}-${width}`, picture)
      await expectNoSidewaysScroll(page)
      if (isThorough || (theme === 'light') === (width === '1280')) await expectAccessible(page)
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

/** A picture of the page in screenshots/. */
export async function takePicture(page: Page, name: string, options: Picture = {}): Promise<void> {
  if (TAKES_PICTURES) await page.screenshot({ path: `screenshots/${name}.png`, ...options })
}

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const tooWide = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect.poll(tooWide, { message: 'the page is no wider than the screen' }).toBeLessThanOrEqual(0)
}
