import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type ProgressStream, showProgress } from './progress'

/** A stream that keeps what is written to it. */
function recorder(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120, cursorTo() {}, clearLine() {} })
  return { stream: stream as unknown as ProgressStream, text: () => String(stream.read() ?? '') }
}

describe('without a terminal', () => {
  test('each step has a first and a last line', () => {
    const { stream, text } = recorder(false)
    const { tell } = showProgress(stream, () => 0)
    for (const done of [0, 200, 400, 500, 500]) tell({ step: 'traces', done, total: 500 })
    for (const done of [0, 0]) tell({ step: 'sessions', done, total: 0 })
    expect(text()).toBe('traces: 0 of 500\ntraces: 500 of 500\nsessions: 0 of 0\n')
  })

  test('a slow step has a line every ten seconds', () => {
    const { stream, text } = recorder(false)
    let seconds = 0
    const { tell } = showProgress(stream, () => seconds * 1000)
    for (const done of [0, 1, 2, 3, 4]) {
      tell({ step: 'traces', done, total: 9 })
      seconds += 6
    }
    expect(text()).toBe('traces: 0 of 9\ntraces: 2 of 9\ntraces: 4 of 9\n')
  })
})

describe('on a terminal', () => {
  test('a bar grows, and the next step has one of its own', () => {
    const { stream, text } = recorder(true)
    const display = showProgress(stream)
    display.tell({ step: 'traces', done: 0, total: 4 })
    display.tell({ step: 'traces', done: 4, total: 4 })
    display.tell({ step: 'sessions', done: 0, total: 2 })
    display.stop()
    const shown = text()
    expect(shown).toContain('100 % | 4 of 4')
    expect(shown).toContain('sessions')
    expect(shown).toContain('0 of 2')
  })
})
