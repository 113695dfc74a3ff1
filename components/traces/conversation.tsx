'use client'
import { ChevronRight, Wrench } from 'lucide-react'
import { CodeBlock, LongText } from '../ui/code'
import { prettyIfJson } from './attributes'
import { Card } from './card'
import type { Message, Part, ToolCall } from './messages'

const ROLES: Record<string, string> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool result',
  developer: 'Developer',
}

/** What went to the model and what came back, in order. */
export function Conversation({ input, output }: { input: Message[]; output: Message[] }) {
  return (
    <>
      {input.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a span's messages never change their order
        <MessageCard key={index} message={message} />
      ))}
      {output.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a span's messages never change their order
        <MessageCard key={index} message={message} isAnswer />
      ))}
    </>
  )
}

function MessageCard({ message, isAnswer }: { message: Message; isAnswer?: boolean }) {
  const text = message.parts.map((part) => (part.kind === 'image' ? part.url : part.text)).join('\n\n')
  const title = ROLES[message.role.toLowerCase()] ?? message.role
  const isEmpty = message.parts.length === 0
  return (
    <>
      {(!isEmpty || message.toolCalls.length === 0) && (
        <Card
          title={<span className="truncate">{title}</span>}
          aside={[message.name, message.toolCallId].filter(Boolean).join(' · ')}
          isAccent={isAnswer === true}
          {...(isEmpty ? {} : { copy: text, copyLabel: `${title} message` })}
        >
          {isEmpty ? (
            <p className="text-muted">Empty message</p>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts never change their order
            message.parts.map((part, i) => <PartView key={i} part={part} />)
          )}
        </Card>
      )}
      {message.toolCalls.map((call, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: calls never change their order, and ids may be missing
        <ToolCallCard key={`${i}-${call.id}`} call={call} />
      ))}
    </>
  )
}

function PartView({ part }: { part: Part }) {
  if (part.kind === 'image') return <ImageNote url={part.url} />
  const { text, isJson } = prettyIfJson(part.text)
  return isJson ? <CodeBlock text={text} label="message" /> : <LongText text={text} />
}

/** Pictures inside the trace are shown; pictures elsewhere are named, never fetched. */
function ImageNote({ url }: { url: string }) {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(url))
    return (
      // biome-ignore lint/performance/noImgElement: nothing to optimise, the picture is in the address
      <img src={url} alt="In the message" className="max-h-80 max-w-full rounded-md border border-line" />
    )
  return (
    <p className="text-xs text-muted">
      Picture, not loaded: <span className="font-mono break-all">{url.slice(0, 300)}</span>
    </p>
  )
}

/** A call a model asked for; folded, its arguments one press away. */
export function ToolCallCard({ call }: { call: ToolCall }) {
  const { text } = prettyIfJson(call.arguments)
  return (
    <details className="group min-w-0 rounded-lg border border-line bg-surface">
      <summary className="flex cursor-pointer list-none items-center gap-2 rounded-lg px-4 py-2.5 font-medium text-muted hover:text-text [&::-webkit-details-marker]:hidden">
        <Wrench aria-hidden className="size-4 shrink-0" />
        <span className="max-w-[50%] min-w-0 shrink-0 truncate">Tool call · {call.name}</span>
        <span className="min-w-0 grow truncate font-mono text-xs font-normal">
          {call.arguments.slice(0, 200)}
        </span>
        {call.id && (
          <span className="hidden shrink-0 text-xs font-normal sm:block">{call.id.slice(0, 24)}</span>
        )}
        <ChevronRight aria-hidden className="size-4 shrink-0 transition-transform group-open:rotate-90" />
      </summary>
      <div className="px-4 pb-3">
        <CodeBlock text={text || '{}'} label="arguments" />
      </div>
    </details>
  )
}
