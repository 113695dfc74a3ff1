import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants'

// Said aloud, because Next would take the folder of any lock file further up for the root.
const root = dirname(fileURLToPath(import.meta.url))

const config: NextConfig = {
  // Native addons, and packages that must be one copy in the whole process.
  serverExternalPackages: [
    'better-sqlite3',
    'pg',
    '@grpc/grpc-js',
    '@node-rs/argon2',
    'pino',
    'protobufjs',
    'graphql',
  ],
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  // Nothing of ours is a remote picture, and the optimiser would write into the build.
  images: { unoptimized: true },
  // `/v1/projects/` is the same as `/v1/projects`: no redirect that a client may not follow.
  skipTrailingSlashRedirect: true,
  // `npm run check` checks types, once, with tests and scripts.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  // The running server writes nothing into the checkout.
  experimental: { isrFlushToDisk: false },
}

/** The modules of Next that know the path prefix: of the browser's router, of its route handlers, of the middleware. */
const KNOWS_PREFIX =
  /next\/dist\/(esm\/)?(client\/(add|has|remove)-base-path|server\/route-modules\/route-module|build\/templates\/middleware)\.js$/

/** Built, the prefix is a value of the running program (see bin/web/rooted-build.ts); in development it is Next's own. */
export default function configure(phase: string): NextConfig {
  if (phase === PHASE_DEVELOPMENT_SERVER) {
    return { ...config, basePath: (globalThis as { __ROOT_PATH__?: string }).__ROOT_PATH__ ?? '' }
  }
  const loader = join(root, 'scripts/lib/root-path-loader.cjs')
  const rule = { loaders: [loader], condition: { all: ['foreign' as const, { path: KNOWS_PREFIX }] } }
  return { ...config, turbopack: { root, rules: { '*.js': rule } } }
}
