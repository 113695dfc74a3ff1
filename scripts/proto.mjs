/**
 * Generates proto/generated from the vendored .proto files.
 *   node scripts/proto.mjs           writes the files
 *   node scripts/proto.mjs --check   fails when the files differ from what would be written
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pbjs from 'protobufjs-cli/pbjs.js'
import pbts from 'protobufjs-cli/pbts.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const protoDir = join(root, 'proto')
const service = 'opentelemetry/proto/collector/trace/v1/trace_service.proto'

/** The generated files by their path below the repository. */
async function generate() {
  const work = mkdtempSync(join(tmpdir(), 'bennu-proto-'))
  try {
    const module = await promisify(pbjs.main)([
      ...['--target', 'static-module', '--wrap', 'es6', '--es6'],
      ...['--no-create', '--no-verify', '--no-convert', '--no-delimited', '--no-service'],
      ...['--path', protoDir, service],
    ])
    const file = join(work, 'trace.js')
    writeFileSync(file, module)
    const types = await promisify(pbts.main)([file])
    return { 'proto/generated/trace.js': module, 'proto/generated/trace.d.ts': types }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const files = await generate()
const check = process.argv.includes('--check')
let stale = 0
for (const [path, content] of Object.entries(files)) {
  if (!check) writeFileSync(join(root, path), content)
  else if (read(join(root, path)) !== content) {
    console.error(`${path} is not what the .proto files say: run \`node scripts/proto.mjs\``)
    stale += 1
  }
}
process.exitCode = stale === 0 ? 0 : 1
