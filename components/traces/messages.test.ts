import { expect, it } from 'vitest'
import { parseAttributes, parseJson } from './attributes'
import { documentsOf, eventsOf, messagesOf } from './messages'

it('reads a conversation with a tool call and its result', () => {
  const attributes = parseAttributes(
    JSON.stringify({
      llm: {
        input_messages: [
          { message: { role: 'user', content: 'Where is it' } },
          {
            message: {
              role: 'assistant',
              tool_calls: [{ tool_call: { id: 'call_1', function: { name: 'find', arguments: '{"n":1}' } } }],
            },
          },
          { message: { role: 'tool', content: 'here', tool_call_id: 'call_1' } },
        ],
      },
    }),
  )
  expect(messagesOf(attributes, 'input')).toEqual([
    {
      role: 'user',
      name: null,
      parts: [{ kind: 'text', text: 'Where is it' }],
      toolCalls: [],
      toolCallId: null,
    },
    {
      role: 'assistant',
      name: null,
      parts: [],
      toolCalls: [{ id: 'call_1', name: 'find', arguments: '{"n":1}' }],
      toolCallId: null,
    },
    {
      role: 'tool',
      name: null,
      parts: [{ kind: 'text', text: 'here' }],
      toolCalls: [],
      toolCallId: 'call_1',
    },
  ])
  expect(messagesOf(attributes, 'output')).toEqual([])
})

it('reads parts: text, and a picture as its address alone', () => {
  const attributes = parseAttributes(
    '{"llm":{"output_messages":[{"message":{"role":"user","contents":[{"message_content":{"type":"text","text":"a"}},{"message_content":{"type":"image","image":{"image":{"url":"https://x.test/p.png"}}}}]}}]}}',
  )
  expect(messagesOf(attributes, 'output')[0]?.parts).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'image', url: 'https://x.test/p.png' },
  ])
})

it('bears messages of an unknown shape', () => {
  expect(messagesOf(parseAttributes('{"llm":{"input_messages":[null,"x",{}]}}'), 'input')).toHaveLength(3)
})

it('reads documents with their exact score', () => {
  const attributes = parseAttributes(
    '{"retrieval":{"documents":[{"document":{"id":"d1","score":0.87,"content":"c","metadata":{"page":2}}}]}}',
  )
  expect(documentsOf(attributes, 'retrieval.documents')).toEqual([
    { id: 'd1', score: '0.87', content: 'c', metadata: '{\n  "page": 2\n}' },
  ])
})

it('finds the stack of an exception, its attributes nested or flat', () => {
  const stack = { type: 'TypeError', message: 'm', stack: 's' }
  const nested = '{"exception":{"type":"TypeError","message":"m","stacktrace":"s"}}'
  const flat = '{"exception.type":"TypeError","exception.message":"m","exception.stacktrace":"s"}'
  for (const attributes of [nested, flat]) {
    const events = parseJson(
      `[{"name":"exception","timestamp":"2026-01-01T00:00:00Z","attributes":${attributes}}]`,
    )
    expect(eventsOf(events)[0]?.exception).toEqual(stack)
  }
})
