/**
 * The lists of OpenTelemetry's generative AI conventions (messages, tools, documents), which come as JSON text, as
 * numbered OpenInference keys. One item that is not what it should be voids its list: half a conversation misleads.
 */
import { parseJsonValue } from '#server/otlp/lossless'
import type { Attribute, Value, ValueMap } from '#server/otlp/model'
import { writeMap, writeValue } from '#server/otlp/text'

/** Thrown by a bad item, caught where its list is read. */
class BadItem extends Error {}

const isMap = (value: Value | undefined): value is ValueMap => value instanceof Map

/** The items of a JSON list that came as text, each made into attributes; nothing when one of them is bad. */
function readList(
  text: Value | undefined,
  readItem: (item: ValueMap, index: number) => Attribute[],
): Attribute[] {
  if (typeof text !== 'string') return []
  try {
    const list = parseJsonValue(text)
    if (!Array.isArray(list)) return []
    return list.flatMap((item, index) => {
      if (!isMap(item)) throw new BadItem()
      return readItem(item, index)
    })
  } catch {
    return []
  }
}

/** `llm.input_messages.N` (with the system instructions as the first) or `llm.output_messages.N`. */
export function messageAttributes(sent: ValueMap, direction: 'input' | 'output'): Attribute[] {
  const system = direction === 'input' ? systemMessage(sent.get('gen_ai.system_instructions')) : []
  const first = system.length > 0 ? 1 : 0
  const messages = readList(sent.get(`gen_ai.${direction}.messages`), (message, index) =>
    readMessage(message, `llm.${direction}_messages.${index + first}.message`),
  )
  return [...system, ...messages]
}

/** Instructions are a JSON list of parts; whatever else they are is taken as the text itself. */
function systemMessage(instructions: Value | undefined): Attribute[] {
  if (typeof instructions !== 'string' || instructions.trim() === '') return []
  const prefix = 'llm.input_messages.0.message'
  const role: Attribute = [`${prefix}.role`, 'system']
  try {
    const parts = parseJsonValue(instructions)
    if (Array.isArray(parts)) return [role, ...readParts(parts, prefix)]
  } catch {
    // Not JSON, or a part that is none.
  }
  return [role, [`${prefix}.content`, instructions]]
}

function readMessage(message: ValueMap, prefix: string): Attribute[] {
  const role = message.get('role')
  const parts = message.get('parts') ?? []
  if (typeof role !== 'string' || !Array.isArray(parts)) throw new BadItem()
  const own = ['name', 'finish_reason'].flatMap((key): Attribute[] => {
    const value = message.get(key)
    return typeof value === 'string' ? [[`${prefix}.${key}`, value]] : []
  })
  return [[`${prefix}.role`, role], ...own, ...readParts(parts, prefix)]
}

/** Content, tool calls and tool answers of a message. One text alone is the content; anything else is a list. */
function readParts(parts: readonly Value[], prefix: string): Attribute[] {
  const contents: Content[] = []
  const others: Attribute[] = []
  let calls = 0
  for (const part of parts) {
    if (!isMap(part) || typeof part.get('type') !== 'string') throw new BadItem()
    if (part.get('type') === 'tool_call')
      others.push(...readToolCall(part, `${prefix}.tool_calls.${calls++}.tool_call`))
    else if (part.get('type') === 'tool_call_response') others.push(...readToolAnswer(part, prefix))
    else contents.push(readContent(part))
  }
  const [only] = contents
  if (contents.length === 1 && only?.type === 'text') return [[`${prefix}.content`, only.value], ...others]
  return [
    ...contents.flatMap((content, index) => writeContent(content, `${prefix}.contents.${index}`)),
    ...others,
  ]
}

interface Content {
  type: 'text' | 'reasoning' | 'image'
  value: string
}

function readContent(part: ValueMap): Content {
  const type = part.get('type')
  const content = part.get('content')
  if (part.get('modality') === 'image' || type === 'image') return { type: 'image', value: imageUrl(part) }
  if ((type === 'text' || type === 'reasoning') && typeof content === 'string')
    return { type, value: content }
  if (type === 'text' || type === 'reasoning') throw new BadItem()
  // A kind of part we do not know is shown as it came.
  return { type: 'text', value: writeMap(part) }
}

function imageUrl(part: ValueMap): string {
  const uri = part.get('uri') ?? part.get('url')
  if (typeof uri === 'string') return uri
  const content = part.get('content')
  const mimeType = part.get('mime_type')
  if (typeof content !== 'string') throw new BadItem()
  return `data:${typeof mimeType === 'string' ? mimeType : 'image/png'};base64,${content}`
}

function writeContent({ type, value }: Content, prefix: string): Attribute[] {
  const key = type === 'image' ? 'message_content.image.image.url' : 'message_content.text'
  return [
    [`${prefix}.message_content.type`, type],
    [`${prefix}.${key}`, value],
  ]
}

function readToolCall(part: ValueMap, prefix: string): Attribute[] {
  const [id, name, args] = [part.get('id'), part.get('name'), part.get('arguments')]
  if (typeof name !== 'string') throw new BadItem()
  return [
    ...(typeof id === 'string' ? [[`${prefix}.id`, id] as const] : []),
    [`${prefix}.function.name`, name],
    ...(args === undefined || args === null ? [] : [[`${prefix}.function.arguments`, asText(args)] as const]),
  ]
}

function readToolAnswer(part: ValueMap, prefix: string): Attribute[] {
  const id = part.get('id')
  const response = part.get('response') ?? part.get('result')
  return [
    ...(typeof id === 'string' ? [[`${prefix}.tool_call_id`, id] as const] : []),
    ...(response === undefined || response === null
      ? []
      : [[`${prefix}.content`, asText(response)] as const]),
  ]
}

const asText = (value: Value) => (typeof value === 'string' ? value : writeValue(value))

/** `llm.tools.N.tool.json_schema`, in the shape of function calling. */
export function toolAttributes(sent: ValueMap): Attribute[] {
  return readList(sent.get('gen_ai.tool.definitions'), (tool, index) => [
    [`llm.tools.${index}.tool.json_schema`, writeMap(functionShape(tool))],
  ])
}

function functionShape(tool: ValueMap): ValueMap {
  const { type = 'function', ...rest } = Object.fromEntries(tool) as Record<string, Value>
  if (isMap(tool.get('function')) || type !== 'function')
    return new Map([['type', type], ...Object.entries(rest)])
  return new Map<string, Value>([
    ['type', type],
    ['function', new Map(Object.entries(rest))],
  ])
}

/** `retrieval.documents.N.document.*` */
export function documentAttributes(sent: ValueMap): Attribute[] {
  return readList(sent.get('gen_ai.retrieval.documents'), (document, index) =>
    ['id', 'score', 'content', 'metadata'].flatMap((key): Attribute[] => {
      const value = document.get(key)
      if (value === undefined || value === null) return []
      const isText = key === 'content' || key === 'id'
      return [[`retrieval.documents.${index}.document.${key}`, isText ? asText(value) : value]]
    }),
  )
}
