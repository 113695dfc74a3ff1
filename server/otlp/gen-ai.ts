/**
 * Spans written by OpenTelemetry's own conventions for generative AI (1.41) get the OpenInference keys that pages and
 * columns know. The `gen_ai.` keys stay, and what the sender wrote in OpenInference keys wins.
 */
import { keyPath } from '#server/otlp/attribute-tree'
import { documentAttributes, messageAttributes, toolAttributes } from '#server/otlp/gen-ai-lists'
import type { Attribute, Value, ValueMap } from '#server/otlp/model'
import { writeMap, writeValue } from '#server/otlp/text'

const PREFIX = 'gen_ai.'

/** The attributes and, when there is a `gen_ai.` key among them, what follows from those. */
export function addGenAiAttributes(attributes: readonly Attribute[]): readonly Attribute[] {
  if (!attributes.some(([key]) => key.startsWith(PREFIX))) return attributes
  const sent: ValueMap = new Map()
  for (const [key, value] of attributes) if (value !== null) sent.set(keyPath(key).canonical, value)
  return [...attributes, ...derive(sent).filter(([key]) => !sent.has(key))]
}

function derive(sent: ValueMap): Attribute[] {
  const kind = kindOf(sent)
  return [
    ...(kind === null ? [] : [['openinference.span.kind', kind] as const]),
    ...providerAttributes(sent),
    ...renamed(sent, kind),
    ...tokenAttributes(sent),
    ...invocationParameters(sent),
    ...(hasList(sent, 'llm.input_messages') ? [] : messageAttributes(sent, 'input')),
    ...(hasList(sent, 'llm.output_messages') ? [] : messageAttributes(sent, 'output')),
    ...(hasList(sent, 'llm.tools') ? [] : toolAttributes(sent)),
    ...(kind === 'TOOL' ? toolCallAttributes(sent) : []),
    ...(kind === 'RETRIEVER' ? retrievalAttributes(sent) : []),
    ...responseAttributes(sent, kind),
  ]
}

/** A list counts as one key: two halves of two lists would make no sense. */
function hasList(sent: ValueMap, name: string): boolean {
  for (const key of sent.keys()) if (key === name || key.startsWith(`${name}.`)) return true
  return false
}

const KIND_OF_OPERATION: Record<string, string> = {
  chat: 'LLM',
  text_completion: 'LLM',
  generate_content: 'LLM',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  retrieval: 'RETRIEVER',
  invoke_agent: 'AGENT',
  create_agent: 'AGENT',
}

/** The kind the sender wrote, else what the operation, else what the other keys say. */
function kindOf(sent: ValueMap): string | null {
  const written = sent.get('openinference.span.kind')
  if (typeof written === 'string') return written.toUpperCase()
  const operation = sent.get('gen_ai.operation.name')
  if (typeof operation === 'string') {
    return Object.hasOwn(KIND_OF_OPERATION, operation) ? (KIND_OF_OPERATION[operation] as string) : null
  }
  const has = (...keys: string[]) => keys.some((key) => sent.has(`${PREFIX}${key}`))
  if (has('tool.call.id', 'tool.name')) return 'TOOL'
  if (hasList(sent, 'gen_ai.retrieval')) return 'RETRIEVER'
  if (has('embeddings.dimension.count')) return 'EMBEDDING'
  return has('input.messages', 'output.messages', 'request.model') ? 'LLM' : null
}

/** Provider as sent, in lower case: [llm.provider, llm.system]. */
const PROVIDERS: Record<string, readonly [provider: string, system: string]> = {
  openai: ['openai', 'openai'],
  anthropic: ['anthropic', 'anthropic'],
  cohere: ['cohere', 'cohere'],
  mistral: ['mistralai', 'mistralai'],
  mistral_ai: ['mistralai', 'mistralai'],
  mistralai: ['mistralai', 'mistralai'],
  deepseek: ['deepseek', 'deepseek'],
  groq: ['groq', 'groq'],
  perplexity: ['perplexity', 'perplexity'],
  xai: ['xai', 'xai'],
  x_ai: ['xai', 'xai'],
  azure: ['azure', 'openai'],
  'azure.ai.openai': ['azure', 'openai'],
  'az.ai.openai': ['azure', 'openai'],
  'azure.ai.inference': ['azure', 'azure'],
  'az.ai.inference': ['azure', 'azure'],
  aws: ['aws', 'amazon'],
  'aws.bedrock': ['aws', 'amazon'],
  google: ['google', 'google'],
  gemini: ['google', 'google'],
  'gcp.gemini': ['google', 'google'],
  'gcp.gen_ai': ['google', 'google'],
  vertex_ai: ['google', 'vertexai'],
  'gcp.vertex_ai': ['google', 'vertexai'],
}

function providerAttributes(sent: ValueMap): Attribute[] {
  const name = textOf(sent, 'provider.name') ?? textOf(sent, 'system')?.toLowerCase()
  if (!name) return []
  const known = name.toLowerCase()
  if (!Object.hasOwn(PROVIDERS, known)) return [['llm.system', name]]
  const [provider, system] = PROVIDERS[known] as readonly [string, string]
  return [
    ['llm.provider', provider],
    ['llm.system', system],
  ]
}

function textOf(sent: ValueMap, key: string): string | null {
  const value = sent.get(`${PREFIX}${key}`)
  return typeof value === 'string' && value !== '' ? value : null
}

/** [target, value] where the source is there. */
function taken(sent: ValueMap, target: string, key: string): Attribute[] {
  const value = sent.get(`${PREFIX}${key}`)
  return value === undefined ? [] : [[target, value]]
}

const renamed = (sent: ValueMap, kind: string | null): Attribute[] => [
  ...taken(sent, 'session.id', 'conversation.id'),
  ...taken(sent, kind === 'EMBEDDING' ? 'embedding.model_name' : 'llm.model_name', 'request.model'),
]

function tokenAttributes(sent: ValueMap): Attribute[] {
  const input = sent.get('gen_ai.usage.input_tokens')
  const output = sent.get('gen_ai.usage.output_tokens')
  const total = typeof input === 'bigint' && typeof output === 'bigint' ? input + output : null
  return [
    ...taken(sent, 'llm.token_count.prompt', 'usage.input_tokens'),
    ...taken(sent, 'llm.token_count.completion', 'usage.output_tokens'),
    ...(total === null ? [] : [['llm.token_count.total', total] as const]),
    ...taken(sent, 'llm.token_count.prompt_details.cache_read', 'usage.cache_read.input_tokens'),
    ...taken(sent, 'llm.token_count.prompt_details.cache_write', 'usage.cache_creation.input_tokens'),
  ]
}

/** Key of the request, and its name among the parameters. */
const PARAMETERS: readonly (readonly [source: string, name: string])[] = [
  ['request.temperature', 'temperature'],
  ['request.top_p', 'top_p'],
  ['request.top_k', 'top_k'],
  ['request.max_tokens', 'max_tokens'],
  ['request.frequency_penalty', 'frequency_penalty'],
  ['request.presence_penalty', 'presence_penalty'],
  ['request.seed', 'seed'],
  ['request.stream', 'stream'],
  ['request.choice.count', 'n'],
  ['request.stop_sequences', 'stop'],
  ['request.encoding_formats', 'encoding_formats'],
  ['output.type', 'response_format'],
]

function invocationParameters(sent: ValueMap): Attribute[] {
  const parameters: ValueMap = new Map()
  for (const [source, name] of PARAMETERS) {
    const value = sent.get(`${PREFIX}${source}`)
    if (value === undefined) continue
    const isOnlyFormat = name === 'encoding_formats' && Array.isArray(value) && value.length === 1
    if (isOnlyFormat) parameters.set('encoding_format', value[0] as Value)
    else parameters.set(name, value)
  }
  return parameters.size === 0 ? [] : [['llm.invocation_parameters', writeMap(parameters)]]
}

function toolCallAttributes(sent: ValueMap): Attribute[] {
  return [
    ...taken(sent, 'tool.name', 'tool.name'),
    ...taken(sent, 'tool.description', 'tool.description'),
    ...taken(sent, 'tool.id', 'tool.call.id'),
    ...taken(sent, 'tool.parameters', 'tool.call.arguments'),
    ...outputOf(sent.get('gen_ai.tool.call.result')),
  ]
}

function outputOf(value: Value | undefined): Attribute[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [['output.value', value]]
  return [
    ['output.value', writeValue(value)],
    ['output.mime_type', 'application/json'],
  ]
}

const retrievalAttributes = (sent: ValueMap): Attribute[] => [
  ...taken(sent, 'input.value', 'retrieval.query.text'),
  ...(hasList(sent, 'retrieval.documents') ? [] : documentAttributes(sent)),
]

function responseAttributes(sent: ValueMap, kind: string | null): Attribute[] {
  const reasons = sent.get('gen_ai.response.finish_reasons')
  const reason = Array.isArray(reasons) ? reasons[0] : reasons
  const response: ValueMap = new Map()
  for (const name of ['id', 'model']) {
    const text = textOf(sent, `response.${name}`)
    if (text !== null) response.set(name, text)
  }
  const hasOutput = sent.has('output.value') || (kind === 'TOOL' && sent.has('gen_ai.tool.call.result'))
  return [
    ...(typeof reason === 'string' ? [['llm.finish_reason', reason] as const] : []),
    ...(response.size === 0 || hasOutput ? [] : outputOf(response)),
  ]
}
