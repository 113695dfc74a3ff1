/** Annotations: the types that scripts name. None are stored yet, so every list of them is empty. */
import { builder, Node } from '#server/graphql/builder'
import { TraceType } from '#server/graphql/types/refs'
import { UserType } from '#server/graphql/types/user'
import type { TraceRow } from '#server/traces/many-traces'
import type { User } from '#server/users/find'

interface AnnotationRow {
  id: string
  name: string
  annotatorKind: 'LLM' | 'CODE' | 'HUMAN'
  label: string | null
  score: number | null
  explanation: string | null
  metadata: unknown
  source: 'API' | 'APP'
  identifier: string
  createdAt: Date
  updatedAt: Date
  user: User | null
}

const AnnotatorKind = builder.enumType('AnnotatorKind', { values: ['LLM', 'CODE', 'HUMAN'] as const })
const Source = builder.enumType('AnnotationSource', { values: ['API', 'APP'] as const })

/** What every annotation has. */
const Annotation = builder.interfaceRef<AnnotationRow>('Annotation').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    annotatorKind: t.expose('annotatorKind', { type: AnnotatorKind }),
    label: t.exposeString('label', { nullable: true }),
    score: t.exposeFloat('score', { nullable: true }),
    explanation: t.exposeString('explanation', { nullable: true }),
    metadata: t.expose('metadata', { type: 'JSON' }),
    source: t.expose('source', { type: Source }),
    identifier: t.exposeString('identifier'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    user: t.expose('user', { type: UserType, nullable: true }),
  }),
})

export const SpanAnnotationType = builder
  .objectRef<AnnotationRow & { spanId: string }>('SpanAnnotation')
  .implement({ interfaces: [Annotation, Node], fields: (t) => ({ spanId: t.exposeID('spanId') }) })

export const TraceAnnotationType = builder
  .objectRef<AnnotationRow & { trace: TraceRow }>('TraceAnnotation')
  .implement({
    interfaces: [Annotation, Node],
    fields: (t) => ({ trace: t.expose('trace', { type: TraceType }) }),
  })

export const SessionAnnotationType = builder
  .objectRef<AnnotationRow>('ProjectSessionAnnotation')
  .implement({ interfaces: [Annotation, Node] })

export const DocumentEvaluationType = builder
  .objectRef<AnnotationRow & { documentPosition: number }>('DocumentEvaluation')
  .implement({
    interfaces: [Annotation, Node],
    fields: (t) => ({ documentPosition: t.exposeInt('documentPosition') }),
  })
