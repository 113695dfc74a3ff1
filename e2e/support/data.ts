/** Traces that look like an application's, and some that look like none. */
import { insertTrace, type NewSpan } from '../../test/traces'
import type { World } from './server'

const ms = (n: number) => n * 1000

/** Many small traces, a minute apart, the newest a minute old. */
export async function insertManyTraces(world: World, project: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await insertTrace(world, {
      project,
      start: (Date.now() - (i + 1) * 60_000) * 1000,
      spans: [
        {
          name: `Answer question ${count - i}`,
          kind: i % 3 === 0 ? 'AGENT' : 'CHAIN',
          duration: ms(300 + ((i * 37) % 900)),
          input: 'What is the refund policy for annual plans?',
          output: 'Annual plans are refunded within 30 days of purchase.',
          status: i % 7 === 3 ? 'ERROR' : 'OK',
        },
        {
          parent: 0,
          name: 'Generate',
          kind: 'LLM',
          offset: ms(20),
          duration: ms(250),
          promptTokens: 200 + i,
          completionTokens: 60,
        },
      ],
    })
  }
}

export const LONG = 'A_very_long_name_without_any_place_to_break_'.repeat(5).slice(0, 200)
const LONG_WORDS = 'an endless name made of many words that goes on and on '.repeat(4).slice(0, 200)

/** Names and values of 200 characters everywhere. */
export function insertLongTrace(world: World, project = LONG) {
  return insertTrace(world, {
    project,
    start: Date.now() * 1000 - 9_000_000,
    spans: [
      { name: LONG, kind: 'AGENT', duration: ms(900), input: LONG.repeat(5), output: LONG_WORDS.repeat(5) },
      {
        parent: 0,
        name: LONG_WORDS,
        kind: 'LLM',
        offset: 10,
        duration: ms(500),
        promptTokens: 1_234_567,
        completionTokens: 7_654_321,
        status: 'ERROR',
        statusMessage: LONG_WORDS.repeat(4),
        attributes: {
          llm: {
            model_name: LONG,
            input_messages: [{ message: { role: LONG.slice(0, 60), content: LONG.repeat(10) } }],
            output_messages: [{ message: { role: 'assistant', content: LONG_WORDS.repeat(30) } }],
          },
          [LONG]: LONG.repeat(4),
        },
        events: [{ name: LONG, attributes: { [LONG]: LONG } }],
      },
      ...deepChain(40),
    ],
  })
}

/** Spans each below the last, starting below span 1. */
function deepChain(length: number): NewSpan[] {
  return Array.from({ length }, (_, i) => ({
    parent: i + 1,
    name: `level ${i + 2}`,
    offset: 20 + i,
    duration: ms(400) - i,
  }))
}

/** A trace of many spans, a few levels deep. */
export function insertBigTrace(world: World, project: string, count = 5000) {
  const spans: NewSpan[] = Array.from({ length: count }, (_, i) => ({
    // Every tenth span has the nine after it below itself; all of those hang below the first.
    parent: i === 0 ? null : i % 10 === 0 ? 0 : Math.floor(i / 10) * 10,
    name: `step ${i}`,
    kind: (['CHAIN', 'LLM', 'TOOL', 'RETRIEVER'] as const)[i % 4],
    offset: i * 1000,
    duration: i === 0 ? count * 1000 : 900,
    status: i === 4321 ? 'ERROR' : 'OK',
    attributes: { input: { value: `input of ${i}` }, filler: 'x'.repeat(200) },
  }))
  return insertTrace(world, { project, start: Date.now() * 1000 - count * 1000, spans })
}

/** Two spans that are each other's parent, and one below them. */
export function insertCyclicTrace(world: World, project: string) {
  return insertTrace(world, {
    project,
    spans: [
      { spanId: 'aaaaaaaaaaaaaaa1', parent: 'aaaaaaaaaaaaaaa2', name: 'chicken' },
      { spanId: 'aaaaaaaaaaaaaaa2', parent: 'aaaaaaaaaaaaaaa1', name: 'egg', offset: 10 },
      { spanId: 'aaaaaaaaaaaaaaa3', parent: 'aaaaaaaaaaaaaaa2', name: 'omelette', offset: 20 },
    ],
  })
}

/** Spans whose parents never arrived, and one that names itself. */
export function insertRootlessTrace(world: World, project: string) {
  return insertTrace(world, {
    project,
    spans: [
      { parent: 'ffffffffffffffff', name: 'orphan one' },
      { parent: 'eeeeeeeeeeeeeeee', name: 'orphan two', offset: 5 },
      { spanId: 'dddddddddddddddd', parent: 'dddddddddddddddd', name: 'own parent', offset: 10 },
    ],
  })
}
