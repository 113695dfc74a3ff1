/** From the first start to a trace on the screen: what an admin does on the first evening. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Page, TestInfo } from '@playwright/test'
import { ensureProject } from '../../test/traces'
import { expect, test } from '../support/fixtures'
import { untilAddressShown, untilKeysListed } from '../support/script'

const run = promisify(execFile)
const NEW_PASSWORD = 'a long enough pass phrase'

test.describe.configure({ mode: 'serial', timeout: 120_000 })

async function signInWith(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The program that the page shows, as somebody would copy it. */
async function copyProgram(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy program' }).click()
  return page.evaluate(() => navigator.clipboard.readText())
}

/** Saves a program beside our node_modules, where its imports are found, and runs it. */
async function runProgram(info: TestInfo, name: string, text: string): Promise<void> {
  const file = info.outputPath(name)
  writeFileSync(file, text)
  const { stderr } = await run(process.execPath, [file], { timeout: 30_000 })
  expect(stderr, 'what the exporter complains about').toBe('')
}

test.describe('with authentication on', () => {
  test.use({
    permissions: ['clipboard-read', 'clipboard-write'], // A wrong password, and one that is too common.
    expectedComplaint: /status of (401|422)/,
  })

  test('an admin signs in, changes the password, makes a key and sees traces by HTTP and gRPC', async ({
    page,
  }, info) => {
    await page.goto('/')
    await expect(page).toHaveURL(/\/login/)
    await signInWith(page, 'admin@localhost', 'wrong')
    await expect(page.getByText('The e-mail address or the password is wrong.')).toBeVisible()

    await signInWith(page, ' Admin@localhost ', 'admin')
    await expect(page).toHaveURL(/\/reset-password/)
    await page.goto('/settings/api-keys')
    await expect(page).toHaveURL('/reset-password?returnUrl=%2Fsettings%2Fapi-keys')
    await page.getByLabel('Present password').fill('admin')
    await page.getByLabel('New password', { exact: true }).fill('password123')
    await page.getByLabel('New password again').fill('password123')
    await page.getByRole('button', { name: 'Change password' }).click()
    await expect(page.getByLabel('New password', { exact: true })).toHaveAccessibleDescription(
      /leaked|common/,
    )
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByLabel('New password again').fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Change password' }).click()

    await expect(page.getByText('Your password was changed')).toBeVisible()
    await signInWith(page, 'admin@localhost', NEW_PASSWORD)
    await expect(page).toHaveURL('/settings/api-keys')

    await untilKeysListed(page)
    await page.getByRole('button', { name: 'Create system API key' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('first-exporter')
    await page.getByRole('radio', { name: /Ingest/ }).check({ force: true })
    await page.getByRole('button', { name: 'Create API key' }).click()
    await page.getByRole('button', { name: 'Copy the key' }).click()
    const key = await page.evaluate(() => navigator.clipboard.readText())
    await expect(page.getByTestId('new-key')).toHaveText(key)
    await expect(page.getByRole('row', { name: /first-exporter/ })).toContainText(`…${key.slice(-4)}`)

    await page.getByRole('link', { name: 'Projects' }).first().click()
    await page.getByRole('link', { name: /default/ }).click()
    await expect(page.getByText('Waiting for traces')).toBeVisible()
    const overHttp = await copyProgram(page)
    await page.getByRole('radio', { name: 'Node.js, gRPC' }).click()
    await expect(page.getByText('hello-grpc.mjs').first()).toBeVisible()
    const overGrpc = await copyProgram(page)

    await runProgram(info, 'hello.mjs', overHttp.replace('YOUR_API_KEY', key))
    await expect(page.getByRole('link', { name: /Hello, Bennu/ })).toHaveCount(1)
    await runProgram(info, 'hello-grpc.mjs', overGrpc.replace('YOUR_API_KEY', key))
    await expect(page.getByRole('link', { name: /Hello, Bennu/ })).toHaveCount(2)

    await page
      .getByRole('link', { name: /Hello, Bennu/ })
      .first()
      .click()
    await expect(page.getByRole('treeitem', { name: /Hello, Bennu/ })).toBeVisible()
    const span = page.getByRole('region', { name: 'Selected span' })
    await expect(span.getByText('Does it work?')).toBeVisible()
    await expect(span.getByText('It does.')).toBeVisible()

    await page.goto('/settings/api-keys')
    await expect(page.getByRole('row', { name: /first-exporter/ })).toContainText(/just now|s ago/)
  })

  test('the program with a key made on the spot works as pasted', async ({ page, server, signIn }, info) => {
    await server.world.db.write((tx) => ensureProject(server.world, tx, `it's "fresh"`))
    await signIn()
    await page.goto(`/projects/${encodeURIComponent(`it's "fresh"`)}`)
    await untilAddressShown(page, server.baseUrl)
    await page.getByRole('button', { name: 'Create a key' }).click()
    await expect(page.getByText('stands in the program below')).toBeVisible()
    const program = await copyProgram(page)
    expect(program).not.toContain('YOUR_API_KEY')
    await page.getByRole('radio', { name: 'curl' }).click()
    const command = await copyProgram(page)
    await runProgram(info, 'hello.mjs', program)
    await expect(page.getByRole('link', { name: /Hello, Bennu/ })).toHaveCount(1)
    const { stdout } = await run('sh', ['-c', command], { timeout: 30_000 })
    expect(stdout).toContain(' 200 ')
    await expect(page.getByRole('link', { name: /Hello, Bennu/ })).toHaveCount(2)
  })
})
