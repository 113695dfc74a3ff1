'use client'
import { CodeBlock, LongText } from '../ui/code'
import { prettyIfJson } from './attributes'
import { Card } from './card'

/** A text of a span: JSON made readable, anything else as prose. */
export function ValueCard({ title, text }: { title: string; text: string }) {
  const { text: pretty, isJson } = prettyIfJson(text)
  if (isJson)
    return (
      <Card title={title}>
        <CodeBlock text={pretty} label={title.toLowerCase()} />
      </Card>
    )
  return (
    <Card title={title} copy={text} copyLabel={title.toLowerCase()}>
      <LongText text={text} />
    </Card>
  )
}
