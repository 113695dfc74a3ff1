import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'

const SCRIPT = `
  import { getPriority } from 'node:os'
  import { readlinkSync } from 'node:fs'
  import { yieldToOtherThreads } from './server/process/thread-priority.ts'
  const mine = () => getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
  const before = mine()
  yieldToOtherThreads(10)
  console.log(JSON.stringify({ before, after: mine() }))
`

// In a process of its own: the thread that runs the tests keeps its priority.
test.runIf(existsSync('/proc/thread-self'))('a thread that yields has the priority it asked for', () => {
  const text = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT], {
    encoding: 'utf8',
  })
  expect(JSON.parse(text)).toEqual({ before: getPriority(), after: 10 })
})
