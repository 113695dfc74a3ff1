'use client'
import { FileText } from 'lucide-react'
import type { SpanDetail } from '#server/traces/model'
import { Badge } from '../ui/badge'
import { LongText } from '../ui/code'
import { Notice } from '../ui/notice'
import { type JsonObject, listAt, textAt } from './attributes'
import { Card } from './card'
import { Conversation } from './conversation'
import { type Document, documentsOf, messagesOf } from './messages'
import { ValueCard } from './value-card'

/** What a span did, as cards in reading order: what is known about it decides which. */
export function SpanInfo({ span, attributes }: { span: SpanDetail; attributes: JsonObject }) {
  const input = messagesOf(attributes, 'input')
  const output = messagesOf(attributes, 'output')
  const inputText = textAt(attributes, 'input.value')
  const outputText = textAt(attributes, 'output.value')
  const cards = [
    <ToolCards key="tool" attributes={attributes} />,
    input.length === 0 && inputText !== null && <ValueCard key="in" title="Input" text={inputText} />,
    <Texts key="emb" attributes={attributes} />,
    <Documents
      key="rin"
      title="Input document"
      documents={documentsOf(attributes, 'reranker.input_documents')}
    />,
    <Documents
      key="rout"
      title="Reranked document"
      documents={documentsOf(attributes, 'reranker.output_documents')}
    />,
    <Documents key="ret" title="Document" documents={documentsOf(attributes, 'retrieval.documents')} />,
    <Conversation key="talk" input={input} output={output} />,
    output.length === 0 && outputText !== null && <ValueCard key="out" title="Output" text={outputText} />,
    <Parameters key="par" attributes={attributes} />,
  ]
  const isBare = input.length + output.length === 0 && inputText === null && outputText === null
  return (
    <div className="flex min-w-0 flex-col gap-3 p-4 sm:p-5">
      {span.statusCode === 'ERROR' && (
        <Notice tone="danger">
          <LongText text={span.statusMessage || 'The span ended with an error and gave no message.'} />
        </Notice>
      )}
      {cards}
      {isBare && (
        <p className="text-muted">
          This span carries no input and no output. Its attributes are one tab further.
        </p>
      )}
    </div>
  )
}

function ToolCards({ attributes }: { attributes: JsonObject }) {
  const name = textAt(attributes, 'tool.name')
  const description = textAt(attributes, 'tool.description')
  if (name === null && description === null) return null
  return (
    <Card title={`Tool${name ? ` · ${name}` : ''}`}>
      {description && <LongText text={description} className="text-muted" />}
    </Card>
  )
}

function Documents({ title, documents }: { title: string; documents: Document[] }) {
  return documents.map((document, index) => (
    <Card
      // biome-ignore lint/suspicious/noArrayIndexKey: documents have no id of their own and never move
      key={index}
      title={
        <>
          <FileText aria-hidden className="size-4 shrink-0" />
          <span className="truncate">
            {title} {index + 1}
            {document.id && ` · ${document.id}`}
          </span>
        </>
      }
      aside={document.score !== null && <Badge tone="accent">score {shortNumber(document.score)}</Badge>}
      {...(document.content === null
        ? {}
        : { copy: document.content, copyLabel: `${title.toLowerCase()} ${index + 1}` })}
    >
      {document.content === null ? (
        <p className="text-muted">No content</p>
      ) : (
        <LongText text={document.content} />
      )}
      {document.metadata && (
        <p className="mt-2 font-mono text-xs wrap-anywhere text-muted">
          {document.metadata.replace(/\s+/g, ' ')}
        </p>
      )}
    </Card>
  ))
}

function shortNumber(text: string): string {
  const n = Number(text)
  return Number.isFinite(n) && text.length > 7 ? n.toPrecision(4) : text
}

function Texts({ attributes }: { attributes: JsonObject }) {
  const texts = listAt(attributes, 'embedding.embeddings')
    .map((item) => textAt(item, 'embedding.text') ?? textAt(item, 'text'))
    .filter((text) => text !== null)
  return texts.map((text, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: texts have no id and never move
    <Card key={index} title={`Embedded text ${index + 1}`} copy={text} copyLabel="embedded text">
      <LongText text={text} />
    </Card>
  ))
}

function Parameters({ attributes }: { attributes: JsonObject }) {
  const parameters = textAt(attributes, 'llm.invocation_parameters')
  const metadata = textAt(attributes, 'metadata')
  return (
    <>
      {parameters && parameters !== '{}' && <ValueCard title="Invocation parameters" text={parameters} />}
      {metadata && metadata !== '{}' && <ValueCard title="Metadata" text={metadata} />}
    </>
  )
}
