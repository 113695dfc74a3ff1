/** The types of traces, which name each other: said here, described each in its own file. */
import { builder } from '#server/graphql/builder'
import { connectionType } from '#server/graphql/connection'
import type { Project } from '#server/projects/model'
import type { SpanOfMany } from '#server/traces/many-spans'
import type { SessionRow, TraceRow } from '#server/traces/many-traces'

export const ProjectType = builder.objectRef<Project>('Project')
export const SessionType = builder.objectRef<SessionRow>('ProjectSession')
export const TraceType = builder.objectRef<TraceRow>('Trace')
export const SpanType = builder.objectRef<SpanOfMany>('Span')

export const ProjectConnection = connectionType('Project', ProjectType)
export const SessionConnection = connectionType('ProjectSession', SessionType)
export const TraceConnection = connectionType('Trace', TraceType)
export const SpanConnection = connectionType('Span', SpanType)
