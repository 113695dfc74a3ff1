import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Kinds of tests by file name: `*.test.ts` runs once, `*.db.test.ts` on both engines, `*.sqlite.test.ts` and
// `*.postgres.test.ts` on the one, `*.timing.test.ts` compares times and so runs alone (on SQLite), `*.alone.test.ts` needs
// ports or memory that nothing else may have (on SQLite), `*.process.test.ts` starts the built program, `*.long.test.ts` is for `npm run test:long`.

/** Files at a time on two cores: a test waits for a disk, a hash or another process about as long as it works. */
const WORKERS = 3
/** Files that take a minute or more: they begin first, or one of them is waited for at the end while the other workers idle. */
const LONG_FILES = [
  'crash.process',
  'samples.process',
  'serve.process',
  'sign-in-limits.process',
  'audit.process',
  'database-away.process',
  'span-decoder',
  'hostile-requests',
  'nonsense.db',
  'query-plans.db',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG_FILES.findIndex((name) => moduleId.includes(`/${name}.test.`))
      return at < 0 ? LONG_FILES.length : at
    }
    return sorted.toSorted((a, b) => place(a) - place(b))
  }
}

/** How long `expect.poll` asks again: a disk or a neighbour may hold a test up for some seconds. */
const PATIENT = { poll: { timeout: 15_000 } }

/** As Node finds it for the packages that use it: two copies of graphql in one process do not know each other's types. */
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] }
const everywhere = ['{app,bin,collector,components,scripts,server,test}/**']
const files = (suffix: string) => everywhere.map((folder) => `${folder}/*.${suffix}`)

const database = (engine: 'sqlite' | 'postgres') => ({
  resolve,
  test: {
    name: engine,
    include: [...files('db.test.ts'), ...files(`${engine}.test.ts`)],
    env: { TEST_DATABASE: engine },
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup-database.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: PATIENT,
  },
})

export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: files('test.{ts,tsx}'),
          exclude: ['**/node_modules/**', '**/*.{db,sqlite,postgres,timing,alone,process,long}.test.ts'],
          testTimeout: 20_000,
          expect: PATIENT,
        },
      },
      database('sqlite'),
      database('postgres'),
      {
        test: {
          ...database('sqlite').test,
          name: 'timing',
          include: files('timing.test.ts'),
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          ...database('sqlite').test,
          name: 'alone',
          include: files('alone.test.ts'),
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'process',
          include: files('process.test.ts'),
          // Each of them starts programs of several processes.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'long',
          include: files('long.test.ts'),
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
