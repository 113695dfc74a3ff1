import { describe, expect, it } from 'vitest'
import type { Value } from '#server/otlp/model'
import { rowOf } from '../../test/received-spans'

const map = (entries: Record<string, Value>) => new Map(Object.entries(entries))

/** The tree without the gen_ai keys that went in. */
function mapped(sent: Record<string, Value>): Record<string, unknown> {
  const { gen_ai: _sent, ...rest } = JSON.parse(rowOf({ attributes: Object.entries(sent) }).attributes)
  return rest
}

const kindOf = (sent: Record<string, Value>) => rowOf({ attributes: Object.entries(sent) }).spanKind

describe('the kind of a gen_ai span', () => {
  it.each([
    ['chat', 'LLM'],
    ['text_completion', 'LLM'],
    ['generate_content', 'LLM'],
    ['embeddings', 'EMBEDDING'],
    ['execute_tool', 'TOOL'],
    ['retrieval', 'RETRIEVER'],
    ['invoke_agent', 'AGENT'],
    ['create_agent', 'AGENT'],
    ['something else', 'UNKNOWN'],
    ['constructor', 'UNKNOWN'],
  ])('with the operation %s is %s', (operation, kind) => {
    expect(kindOf({ 'gen_ai.operation.name': operation })).toBe(kind)
  })

  it.each([
    ['tool.call.id', 'TOOL'],
    ['tool.name', 'TOOL'],
    ['retrieval.query.text', 'RETRIEVER'],
    ['embeddings.dimension.count', 'EMBEDDING'],
    ['input.messages', 'LLM'],
    ['output.messages', 'LLM'],
    ['request.model', 'LLM'],
    ['usage.input_tokens', 'UNKNOWN'],
  ])('without an operation but with %s is %s', (key, kind) => {
    expect(kindOf({ [`gen_ai.${key}`]: 'x' })).toBe(kind)
  })

  it('is what the sender wrote in OpenInference keys', () => {
    expect(kindOf({ 'gen_ai.operation.name': 'chat', 'openinference.span.kind': 'AGENT' })).toBe('AGENT')
  })
})

describe('gen_ai attributes', () => {
  it('stay as they were sent', () => {
    const { attributes } = rowOf({ attributes: [['gen_ai.request.model', 'm']] })
    expect(JSON.parse(attributes).gen_ai).toEqual({ request: { model: 'm' } })
  })

  it('change nothing where there are none', () => {
    expect(mapped({ 'request.model': 'm' })).toEqual({ request: { model: 'm' } })
  })

  it.each([
    [{ 'gen_ai.provider.name': 'openai' }, { provider: 'openai', system: 'openai' }],
    [{ 'gen_ai.provider.name': 'mistral_ai' }, { provider: 'mistralai', system: 'mistralai' }],
    [{ 'gen_ai.provider.name': 'x_ai' }, { provider: 'xai', system: 'xai' }],
    [{ 'gen_ai.provider.name': 'azure.ai.openai' }, { provider: 'azure', system: 'openai' }],
    [{ 'gen_ai.provider.name': 'aws.bedrock' }, { provider: 'aws', system: 'amazon' }],
    [{ 'gen_ai.provider.name': 'gcp.vertex_ai' }, { provider: 'google', system: 'vertexai' }],
    [{ 'gen_ai.system': 'Anthropic' }, { provider: 'anthropic', system: 'anthropic' }],
    [
      { 'gen_ai.provider.name': 'cohere', 'gen_ai.system': 'openai' },
      { provider: 'cohere', system: 'cohere' },
    ],
    [{ 'gen_ai.provider.name': 'my-own' }, { system: 'my-own' }],
  ])('%o name the provider', (sent, llm) => expect(mapped(sent)).toEqual({ llm }))

  it('name the session', () => {
    expect(rowOf({ attributes: [['gen_ai.conversation.id', 'c1']] }).sessionId).toBe('c1')
  })

  it('name the model of an LLM span', () => {
    expect(mapped({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' })).toMatchObject({
      llm: { model_name: 'm' },
    })
  })

  it('name the model of an embedding elsewhere', () => {
    const tree = mapped({ 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'm' })
    expect(tree).toEqual({ openinference: { span: { kind: 'EMBEDDING' } }, embedding: { model_name: 'm' } })
  })

  it('gather the parameters of the request in one JSON object', () => {
    const tree = mapped({
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 40n,
      'gen_ai.request.max_tokens': 100n,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7n,
      'gen_ai.request.stream': true,
      'gen_ai.request.choice.count': 2n,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.encoding_formats': ['base64'],
      'gen_ai.output.type': 'json',
    })
    expect(tree).toEqual({
      llm: {
        invocation_parameters:
          '{"temperature":0.5,"top_p":0.9,"top_k":40,"max_tokens":100,"frequency_penalty":0.1,"presence_penalty":0.2,"seed":7,"stream":true,"n":2,"stop":["END"],"encoding_format":"base64","response_format":"json"}',
      },
    })
  })

  it('keep several encoding formats as a list', () => {
    const tree = mapped({ 'gen_ai.request.encoding_formats': ['base64', 'float'] })
    expect(tree).toEqual({ llm: { invocation_parameters: '{"encoding_formats":["base64","float"]}' } })
  })

  it('count tokens, the total when both parts are known', () => {
    const row = rowOf({
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.usage.input_tokens', 10n],
        ['gen_ai.usage.output_tokens', 4n],
        ['gen_ai.usage.cache_read.input_tokens', 3n],
        ['gen_ai.usage.cache_creation.input_tokens', 2n],
      ],
    })
    expect(JSON.parse(row.attributes).llm.token_count).toEqual({
      prompt: 10,
      completion: 4,
      total: 14,
      prompt_details: { cache_read: 3, cache_write: 2 },
    })
    expect([row.llmTokenCountPrompt, row.llmTokenCountCompletion]).toEqual([10, 4])
  })

  it('make no total of one part', () => {
    expect(mapped({ 'gen_ai.usage.input_tokens': 10n })).toEqual({ llm: { token_count: { prompt: 10 } } })
  })

  it('yield to what the sender wrote in OpenInference keys', () => {
    const tree = mapped({
      'gen_ai.request.model': 'theirs',
      'llm.model_name': 'ours',
      'gen_ai.usage.input_tokens': 10n,
      'llm.token_count.prompt': 9n,
    })
    expect(tree).toMatchObject({ llm: { model_name: 'ours', token_count: { prompt: 9 } } })
  })
})

describe('gen_ai messages', () => {
  const input = (messages: unknown) => ({ 'gen_ai.input.messages': JSON.stringify(messages) })
  const inputMessages = (sent: Record<string, Value>) =>
    (mapped(sent) as { llm?: { input_messages?: unknown } }).llm?.input_messages

  it('with one text have a content', () => {
    const messages = [{ role: 'user', name: 'Ann', parts: [{ type: 'text', content: 'hi' }] }]
    expect(inputMessages(input(messages))).toEqual([
      { message: { role: 'user', name: 'Ann', content: 'hi' } },
    ])
  })

  it('with several or other parts have contents', () => {
    const parts = [
      { type: 'reasoning', content: 'hm' },
      { type: 'text', content: 'look' },
      { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
      { type: 'blob', modality: 'image', mime_type: 'image/gif', content: 'AAAA' },
    ]
    expect(inputMessages(input([{ role: 'user', parts }]))).toEqual([
      {
        message: {
          role: 'user',
          contents: [
            { message_content: { type: 'reasoning', text: 'hm' } },
            { message_content: { type: 'text', text: 'look' } },
            { message_content: { type: 'image', image: { image: { url: 'https://example.com/a.png' } } } },
            { message_content: { type: 'image', image: { image: { url: 'data:image/gif;base64,AAAA' } } } },
          ],
        },
      },
    ])
  })

  it('with one part that is no text have contents', () => {
    const parts = [{ type: 'reasoning', content: 'hm' }]
    expect(inputMessages(input([{ role: 'assistant', parts }]))).toEqual([
      { message: { role: 'assistant', contents: [{ message_content: { type: 'reasoning', text: 'hm' } }] } },
    ])
  })

  it('ask for tools', () => {
    const parts = [
      { type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Bern' } },
      { type: 'tool_call', name: 'time' },
    ]
    expect(inputMessages(input([{ role: 'assistant', parts }]))).toEqual([
      {
        message: {
          role: 'assistant',
          tool_calls: [
            { tool_call: { id: 'c1', function: { name: 'weather', arguments: '{"city":"Bern"}' } } },
            { tool_call: { function: { name: 'time' } } },
          ],
        },
      },
    ])
  })

  it('answer for tools', () => {
    const parts = [{ type: 'tool_call_response', id: 'c1', response: { degrees: 21 } }]
    expect(inputMessages(input([{ role: 'tool', parts }]))).toEqual([
      { message: { role: 'tool', tool_call_id: 'c1', content: '{"degrees":21}' } },
    ])
  })

  it('come after the system instructions', () => {
    const sent = {
      ...input([{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }]),
      'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'be kind' }]),
    }
    expect(inputMessages(sent)).toEqual([
      { message: { role: 'system', content: 'be kind' } },
      { message: { role: 'user', content: 'hi' } },
    ])
  })

  it.each([
    ['an item that is no object', [{ role: 'user', parts: [] }, 5]],
    ['an item without a role', [{ role: 'user', parts: [] }, { parts: [] }]],
    ['a part that is no object', [{ role: 'user', parts: ['text'] }]],
    ['a part without a type', [{ role: 'user', parts: [{ content: 'x' }] }]],
    ['a tool call without a name', [{ role: 'user', parts: [{ type: 'tool_call' }] }]],
    ['no list', { role: 'user' }],
  ])('are left out when there is %s', (_what, messages) => {
    expect(inputMessages(input(messages))).toBeUndefined()
  })

  it('are left out when they are no JSON', () => {
    expect(inputMessages({ 'gen_ai.input.messages': 'hello' })).toBeUndefined()
  })

  it('of the output carry a finish reason', () => {
    const messages = [{ role: 'assistant', parts: [{ type: 'text', content: 'yes' }], finish_reason: 'stop' }]
    expect(mapped({ 'gen_ai.output.messages': JSON.stringify(messages) })).toMatchObject({
      llm: { output_messages: [{ message: { role: 'assistant', content: 'yes', finish_reason: 'stop' } }] },
    })
  })

  it('are left out as a whole where the sender wrote OpenInference messages', () => {
    const sent = {
      ...input([
        { role: 'user', parts: [] },
        { role: 'user', parts: [] },
      ]),
      'llm.input_messages.0.message.role': 'assistant',
    }
    expect(inputMessages(sent)).toEqual([{ message: { role: 'assistant' } }])
  })
})

describe('gen_ai responses, tools and documents', () => {
  it('give a finish reason and, as JSON, id and model', () => {
    const tree = mapped({
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'gen_ai.response.id': 'r1',
      'gen_ai.response.model': 'm-1',
    })
    expect(tree).toMatchObject({
      llm: { finish_reason: 'stop' },
      output: { value: '{"id":"r1","model":"m-1"}', mime_type: 'application/json' },
    })
  })

  it('leave an output alone that is there', () => {
    expect(mapped({ 'gen_ai.response.id': 'r1', 'output.value': 'mine' })).toEqual({
      output: { value: 'mine' },
    })
  })

  it('put tool definitions into the shape of function calling', () => {
    const tools = [
      { type: 'function', name: 'a', description: 'd', parameters: { type: 'object' } },
      { name: 'b' },
      { type: 'function', function: { name: 'c' } },
    ]
    const tree = mapped({ 'gen_ai.tool.definitions': JSON.stringify(tools) })
    expect(tree).toEqual({
      llm: {
        tools: [
          {
            tool: {
              json_schema:
                '{"type":"function","function":{"name":"a","description":"d","parameters":{"type":"object"}}}',
            },
          },
          { tool: { json_schema: '{"type":"function","function":{"name":"b"}}' } },
          { tool: { json_schema: '{"type":"function","function":{"name":"c"}}' } },
        ],
      },
    })
  })

  it('describe a tool call', () => {
    const tree = mapped({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.description': 'tells the weather',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.call.arguments': '{"city":"Bern"}',
      'gen_ai.tool.call.result': '21 degrees',
    })
    expect(tree).toEqual({
      openinference: { span: { kind: 'TOOL' } },
      tool: { name: 'weather', description: 'tells the weather', id: 'c1', parameters: { city: 'Bern' } },
      output: { value: '21 degrees' },
    })
  })

  it('write a result that is an object as JSON', () => {
    const tree = mapped({ 'gen_ai.tool.name': 'w', 'gen_ai.tool.call.result': map({ degrees: 21n }) })
    expect(tree).toMatchObject({ output: { value: '{"degrees":21}', mime_type: 'application/json' } })
  })

  it('describe a retrieval', () => {
    const documents = [{ id: 'd1', score: 0.5, content: 'text', metadata: { page: 3 } }, { id: 2 }]
    const tree = mapped({
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.retrieval.query.text': 'where?',
      'gen_ai.retrieval.documents': JSON.stringify(documents),
    })
    expect(tree).toEqual({
      openinference: { span: { kind: 'RETRIEVER' } },
      input: { value: 'where?' },
      retrieval: {
        documents: [
          { document: { id: 'd1', score: 0.5, content: 'text', metadata: { page: 3 } } },
          { document: { id: '2' } },
        ],
      },
    })
  })
})
