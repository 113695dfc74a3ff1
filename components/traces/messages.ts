/** The conversation of an LLM span, read from the OpenInference attributes. */
import { at, type Json, type JsonObject, listAt, textAt, toPrettyJson } from './attributes'

export interface ToolCall {
  id: string | null
  name: string
  arguments: string
}

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'image'; url: string }
  | { kind: 'other'; text: string }

export interface Message {
  role: string
  name: string | null
  parts: Part[]
  toolCalls: ToolCall[]
  /** The call this message answers. */
  toolCallId: string | null
}

/** The messages sent to the model, or what it answered. */
export function messagesOf(attributes: JsonObject, side: 'input' | 'output'): Message[] {
  return listAt(attributes, `llm.${side}_messages`).map((item) => readMessage(at(item, 'message') ?? item))
}

function readMessage(message: Json): Message {
  const content = textAt(message, 'content')
  const parts = listAt(message, 'contents').map(readPart)
  const calls = listAt(message, 'tool_calls').map((item) => readCall(at(item, 'tool_call') ?? item))
  const oldCall = textAt(message, 'function_call_name')
  if (oldCall)
    calls.push({ id: null, name: oldCall, arguments: textAt(message, 'function_call_arguments_json') ?? '' })
  return {
    role: textAt(message, 'role') ?? 'unknown',
    name: textAt(message, 'name'),
    parts: content === null ? parts : [{ kind: 'text', text: content }, ...parts],
    toolCalls: calls,
    toolCallId: textAt(message, 'tool_call_id'),
  }
}

function readPart(item: Json): Part {
  const part = at(item, 'message_content') ?? item
  const text = textAt(part, 'text')
  if (text !== null) return { kind: 'text', text }
  const url = textAt(part, 'image.image.url') ?? textAt(part, 'image.url')
  if (url !== null) return { kind: 'image', url }
  return { kind: 'other', text: toPrettyJson(part) }
}

function readCall(call: Json): ToolCall {
  return {
    id: textAt(call, 'id'),
    name: textAt(call, 'function.name') ?? 'unnamed',
    arguments: textAt(call, 'function.arguments') ?? '',
  }
}

export interface Document {
  id: string | null
  score: string | null
  content: string | null
  metadata: string | null
}

/** The documents at a path (`retrieval.documents`, `reranker.output_documents`). */
export function documentsOf(attributes: JsonObject, path: string): Document[] {
  return listAt(attributes, path).map((item) => {
    const document = at(item, 'document') ?? item
    return {
      id: textAt(document, 'id'),
      score: textAt(document, 'score'),
      content: textAt(document, 'content'),
      metadata: textAt(document, 'metadata'),
    }
  })
}

export interface SpanEvent {
  name: string
  timestamp: string | null
  attributes: JsonObject
  exception: { type: string | null; message: string | null; stack: string | null } | null
}

/** The events of a span; exceptions with type, message and stack. */
export function eventsOf(events: Json | undefined): SpanEvent[] {
  if (!Array.isArray(events)) return []
  return events.map((event) => {
    const name = textAt(event, 'name') ?? 'event'
    const attributes = at(event, 'attributes')
    const isException = name === 'exception' || at(attributes, 'exception') !== undefined
    return {
      name,
      timestamp: textAt(event, 'timestamp'),
      attributes: (attributes ?? {}) as JsonObject,
      exception: isException
        ? {
            type: textAt(attributes, 'exception.type'),
            message: textAt(attributes, 'exception.message'),
            stack: textAt(attributes, 'exception.stacktrace'),
          }
        : null,
    }
  })
}
