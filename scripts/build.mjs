/**
 * Builds everything: Next's pages and routes into .next/, our own processes into dist/, the GraphQL explorer into
 * public/graphql/.
 * `--server` builds dist/ alone, which takes a second.
 */
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { fingerprint, STAMP } from './lib/fingerprint.mjs'
import { ROOT, run } from './lib/run.mjs'

const serverOnly = process.argv.includes('--server')

await buildServer()
if (!serverOnly) {
  await buildExplorer()
  rmSync(join(ROOT, STAMP), { force: true })
  const before = fingerprint()
  await run('node', ['node_modules/next/dist/bin/next', 'build'], {
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
  writeFileSync(join(ROOT, STAMP), before)
}

/** The explorer of /graphql, which no other page carries: a script and a style sheet of its own. */
async function buildExplorer() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { explorer: 'components/graphql/explorer.tsx' },
    outdir: 'public/graphql',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  })
}

/** One bundle per process, shared code in chunks; packages stay in node_modules. */
async function buildServer() {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      bennu: 'bin/bennu.ts',
      web: 'bin/web.ts',
      collector: 'collector/main.ts',
      'ingest-worker': 'server/ingest/worker.ts',
      'checkpoint-thread': 'server/db/checkpoint-thread.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'warning',
  })
  chmodSync(join(ROOT, 'dist/bennu.js'), 0o755)
}
