/** What the attributes of a span say under the names of the OpenInference conventions. */
import { objectEntries } from '#server/traces/json-text'

/** Input or output. */
export interface SpanValue {
  value: string
  mimeType: string
}

/** Null for what the span does not say. */
export interface SpanValues {
  input: SpanValue | null
  output: SpanValue | null
  /** JSON text, however it was sent. */
  metadata: string | null
}

/** Reads the attributes once for all of it. */
export function readSpanValues(attributesJson: string): SpanValues {
  const attributes = objectEntries(attributesJson)
  const metadata = attributes.get('metadata')
  return {
    input: readValue(attributes.get('input')),
    output: readValue(attributes.get('output')),
    metadata: metadata === undefined || metadata === 'null' ? null : textOfJson(metadata),
  }
}

function readValue(json: string | undefined): SpanValue | null {
  const part = objectEntries(json ?? '')
  const value = part.get('value')
  if (value === undefined || value === 'null') return null
  return { value: textOfJson(value), mimeType: textOfJson(part.get('mime_type') ?? '"text/plain"') }
}

/** The text of a JSON string; any other JSON as it stands. */
export function textOfJson(json: string): string {
  return json.startsWith('"') ? JSON.parse(json) : json
}
