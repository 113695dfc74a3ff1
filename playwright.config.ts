import { defineConfig } from '@playwright/test'
import type { ServerOptions } from './e2e/support/fixtures'

/** Debian's Chromium: nothing is downloaded. As root it has no sandbox of its own. */
const launchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
  ],
}

/** What looks at how long the page is held. */
const MEASURED = /\/big-trace\.spec\.ts/

export default defineConfig<ServerOptions, ServerOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Each worker has a server and a browser of its own.
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  forbidOnly: Boolean(process.env.CI),
  use: {
    launchOptions,
    viewport: { width: 1280, height: 800 },
    timezoneId: 'Europe/Vienna',
    locale: 'en-US',
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'sqlite', testIgnore: MEASURED, use: { engine: 'sqlite' } },
    // What the engine could change: the way from the exporter to the screen, and who may do what at once.
    { name: 'postgres', testMatch: /\/(onboarding|trace|flows)\.spec\.ts/, use: { engine: 'postgres' } },
    // Run last, with nothing beside them. `--no-deps` runs them at once.
    {
      name: 'measured',
      testMatch: MEASURED,
      workers: 1,
      dependencies: ['sqlite', 'postgres'],
      use: { engine: 'sqlite' },
    },
  ],
})
