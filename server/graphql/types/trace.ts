/** Traces. */
import { encodeGlobalId } from '#server/global-id'
import { idOf, Node } from '#server/graphql/builder'
import { connect, windowArgs, windowOf } from '#server/graphql/connection'
import { TraceAnnotationType } from '#server/graphql/types/annotation'
import { loadProject, placeByStart } from '#server/graphql/types/project'
import { ProjectType, SessionType, SpanConnection, SpanType, TraceType } from '#server/graphql/types/refs'

/** Milliseconds between two times in microseconds. */
export const latencyMs = ({ startTime, endTime }: { startTime: number; endTime: number }) =>
  (endTime - startTime) / 1000

TraceType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('Trace') }),
    traceId: t.exposeID('traceId'),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime' }),
    latencyMs: t.float({ nullable: true, resolve: latencyMs }),
    project: t.field({
      type: ProjectType,
      resolve: ({ projectId }, _args, ask) => loadProject(ask, projectId),
    }),
    projectId: t.id({ resolve: ({ projectId }) => encodeGlobalId('Project', projectId) }),
    projectSessionId: t.id({
      nullable: true,
      resolve: ({ projectSessionId: id }) => (id === null ? null : encodeGlobalId('ProjectSession', id)),
    }),
    session: t.field({
      type: SessionType,
      nullable: true,
      resolve: async ({ projectSessionId: id }, _args, ask) =>
        id === null ? null : ((await ask.loaders.session.load(id)) ?? null),
    }),
    rootSpan: t.field({
      type: SpanType,
      nullable: true,
      resolve: async ({ rootSpanRowId: id }, _args, ask) =>
        id === null ? null : ((await ask.loaders.span.load(id)) ?? null),
    }),
    numSpans: t.exposeInt('spanCount'),
    spans: t.field({
      type: SpanConnection,
      args: windowArgs,
      resolve: async (trace, args, ask) => {
        const window = windowOf(args)
        return connect(ask, await ask.loaders.spansOfTrace.load(trace.id, window), window, placeByStart)
      },
    }),
    traceAnnotations: t.field({ type: [TraceAnnotationType], resolve: () => [] }),
  }),
})
