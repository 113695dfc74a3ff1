/** A site that is not ours, on this machine: pages of another host name, from which a test attacks. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'

export interface ForeignSite {
  /** The site's address under a host name of one's choice; `*.localhost` is this machine for every browser. */
  at(host: string): string
  stop(): Promise<void>
}

/** Serves an empty page at every address, without any policy of its own. */
export async function startForeignSite(): Promise<ForeignSite> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>elsewhere</title><body></body>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    at: (host) => `http://${host}:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Sends a form whose body reads as JSON, as a page may without asking: the status and text of what came back. */
export async function sendForm(page: Page, action: string, body: object): Promise<string> {
  const json = JSON.stringify({ ...body, padding: '=' })
  const [name, value] = [json.slice(0, json.indexOf('=')), json.slice(json.indexOf('=') + 1)]
  const answered = page.waitForResponse((response) => response.url() === action)
  await page.evaluate(
    ({ action, name, value }) => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', action, enctype: 'text/plain' })
      const input = document.createElement('input')
      Object.assign(input, { name, value })
      form.append(input)
      document.body.append(form)
      form.submit()
    },
    { action, name, value },
  )
  const response = await answered
  return `${response.status()} ${await response.text()}`
}

/** What a page gets from fetching an address: `opaque`, a status and text, or the error. */
export function fetchFrom(page: Page, address: string, init: RequestInit): Promise<string> {
  return page.evaluate(
    async ({ address, init }) => {
      try {
        const answer = await fetch(address, { credentials: 'include', ...init })
        return answer.type === 'opaque' ? 'opaque' : `${answer.status} ${await answer.text()}`
      } catch (error) {
        return String(error)
      }
    },
    { address, init: init as Record<string, string> },
  )
}
