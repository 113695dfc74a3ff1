/** What the attributes of a span say under the names of the OpenInference conventions. */
import { objectEntries } from '#server/traces/json-text'

/** Input or output. */
export interface SpanValue {
  value: string
  mimeType: string
}

/** What a span was given or gave; null when it does not say. */
export function spanValue(attributesJson: string, which: 'input' | 'output'): SpanValue | null {
  const part = objectEntries(objectEntries(attributesJson).get(which) ?? '')
  const value = part.get('value')
  if (value === undefined || value === 'null') return null
  return { value: asText(value), mimeType: asText(part.get('mime_type') ?? '"text/plain"') }
}

/** The `metadata` of a span as JSON text, however it was sent; null when it has none. */
export function spanMetadata(attributesJson: string): string | null {
  const metadata = objectEntries(attributesJson).get('metadata')
  return metadata === undefined || metadata === 'null' ? null : asText(metadata)
}

/** The text of a JSON string; any other JSON as it stands. */
export function asText(json: string): string {
  return json.startsWith('"') ? JSON.parse(json) : json
}
