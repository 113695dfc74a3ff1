import type { Attribute } from '#server/otlp/model'
export function addGenAiAttributes(attributes: readonly Attribute[]): Iterable<Attribute> {
  return attributes
}
