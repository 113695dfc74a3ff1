/** A real nginx with the blocks that docs/proxy.md prints, in front of three servers: at the root and below two prefixes. */
import { type BrowserContext, test as base } from '@playwright/test'
import { documentedBlocks, type Nginx, startNginx } from './nginx'
import { AUTH, type BennuServer, startServer } from './server'

/** As it stands in many a company: no X-Forwarded-For. */
const SHORT_BLOCK = `server {
    listen 443 ssl;
    server_name traces.example.com;

    ssl_certificate /etc/ssl/certs/phoenix.crt;
    ssl_certificate_key /etc/ssl/private/phoenix.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers HIGH:!aNULL:!MD5;

    location / {
        proxy_pass http://phoenix:6006;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}`

const [WHOLE_HOST = '', GRPC = '', KEEPING = '', REMOVING = ''] = documentedBlocks()
export const SITES = [
  {
    name: 'a host of its own, slash after the upstream',
    root: '',
    block: WHOLE_HOST.replace(':6006;', ':6006/;'),
  },
  { name: 'the short block', root: '', block: SHORT_BLOCK },
  ...['/bennu', '/a/b'].flatMap((root) => [
    { name: `${root} kept`, root, block: KEEPING },
    { name: `${root} removed`, root, block: REMOVING },
  ]),
]

export const GRPC_SITES = [
  { name: 'with TLS', encrypted: true, block: GRPC },
  { name: 'without TLS', encrypted: false, block: withoutTls(GRPC) },
]

/** A block as it is where nothing is encrypted: its port without `ssl`, and no certificates. */
function withoutTls(block: string): string {
  return block.replace(' ssl http2;', ' http2;').replaceAll(/^ *ssl_.*\n/gm, '')
}

/** With PHOENIX_ROOT_URL and without: pages hold paths alone, so that neither matters to a browser. */
const SETTINGS: Record<string, Record<string, string>> = {
  '': {},
  '/bennu': { PHOENIX_HOST_ROOT_PATH: '/bennu', PHOENIX_ROOT_URL: 'https://tools.example.com/bennu' },
  '/a/b': { PHOENIX_HOST_ROOT_PATH: '/a/b' },
}

export interface Front {
  servers: Map<string, BennuServer>
  nginx: Nginx
  /** The ports of GRPC_SITES. */
  grpcPorts: readonly number[]
}

export const test = base.extend<object, { front: Front }>({
  front: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from its pattern
    async ({}, use) => {
      const servers = new Map<string, BennuServer>()
      for (const root of ['', '/bennu', '/a/b']) {
        const env = { ...AUTH, ...SETTINGS[root] }
        servers.set(root, await startServer({ engine: 'sqlite', env }))
      }
      const portOf = (root: string) => Number(new URL(servers.get(root)?.baseUrl ?? '').port)
      const nginx = await startNginx([
        ...SITES.map(({ block, root }) => ({ block, rootPath: root, upstreamPort: portOf(root) })),
        ...GRPC_SITES.map(({ block }) => ({ block, upstreamPort: servers.get('')?.grpcPort ?? 0 })),
      ])
      const grpcPorts = nginx.ports.slice(SITES.length)
      await use({ servers, nginx, grpcPorts })
      await nginx.stop()
      for (const server of servers.values()) await server.stop()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

/** Requests that leave the prefix. The picture of the tab is in the page itself, so that browsers ask for none. */
export function watchPrefix(context: BrowserContext, origin: string, root: string): string[] {
  const outside: string[] = []
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol === 'data:' || url.protocol === 'blob:') return
    const isInside = url.origin === origin && (url.pathname === root || url.pathname.startsWith(`${root}/`))
    if (!isInside) outside.push(`${request.method()} ${request.url()}`)
  })
  return outside
}
