import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

// Said aloud, because Next would take the folder of any lock file further up for the root.
const root = dirname(fileURLToPath(import.meta.url))

const config: NextConfig = {
  // Native addons, and packages that must be one copy in the whole process.
  serverExternalPackages: ['better-sqlite3', 'pg', '@grpc/grpc-js', '@node-rs/argon2', 'pino', 'protobufjs'],
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

export default config
