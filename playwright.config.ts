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

export default defineConfig<ServerOptions, ServerOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Each worker has a server of its own; one at a time leaves the machine to the server and the browser.
  workers: 1,
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
    { name: 'sqlite', use: { engine: 'sqlite' } },
    // What the engine could change: the way from the exporter to the screen, and who may do what at once.
    { name: 'postgres', testMatch: /(onboarding|trace|flows)\.spec\.ts/, use: { engine: 'postgres' } },
  ],
})
