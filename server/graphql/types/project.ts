/** Projects, and the sessions in them. */
import { AppError } from '#server/errors'
import type { Ask } from '#server/graphql/ask'
import { idOf, Node } from '#server/graphql/builder'
import { connect, windowArgs, windowOf } from '#server/graphql/connection'
import { permit } from '#server/graphql/gate'
import { mustBeThere } from '#server/graphql/loaders'
import { SessionAnnotationType } from '#server/graphql/types/annotation'
import {
  ProjectType,
  SessionConnection,
  SessionType,
  SpanConnection,
  TraceConnection,
  TraceType,
} from '#server/graphql/types/refs'

/** Where a row stands among rows in order of their start. */
export const placeByStart = ({ startTime, id }: { startTime: number; id: number }) => ({
  sort: startTime,
  id,
})

const figuresOf = (ask: Ask, project: { id: number }) =>
  mustBeThere(ask.loaders.figures.load(project.id), 'Project')

/** @throws AppError not_found when it was deleted meanwhile */
export const loadProject = (ask: Ask, id: number) => mustBeThere(ask.loaders.project.load(id), 'Project')

ProjectType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('Project') }),
    name: t.exposeString('name'),
    description: t.exposeString('description', { nullable: true }),
    hasTraces: t.boolean({
      resolve: async (project, _args, ask) => (await figuresOf(ask, project)).traceCount > 0,
    }),
    traceCount: t.int({ resolve: async (project, _args, ask) => (await figuresOf(ask, project)).traceCount }),
    recordCount: t.int({
      description: 'How many spans there are.',
      resolve: async (project, _args, ask) => (await figuresOf(ask, project)).spanCount,
    }),
    latencyMsQuantile: t.float({
      nullable: true,
      description: 'What so many of the traces (0.5: half of them) did not exceed, off by 1 % at most.',
      extensions: { cost: 20 },
      args: { probability: t.arg.float({ required: true }) },
      resolve: async (project, { probability }, ask) => {
        if (!(probability >= 0 && probability <= 1))
          throw new AppError('invalid', 'probability must be between 0 and 1')
        const micros = (await figuresOf(ask, project)).latencies.quantile(probability)
        return micros === null ? null : micros / 1000
      },
    }),
    trace: t.field({
      type: TraceType,
      nullable: true,
      args: { traceId: t.arg.id({ required: true }) },
      resolve: (project, { traceId }, ask) => {
        permit(ask, 'trace.read')
        return ask.loaders.traceOfProject.load({ projectId: project.id, traceId })
      },
    }),
    spans: t.field({
      type: SpanConnection,
      args: windowArgs,
      resolve: async (project, args, ask) => {
        permit(ask, 'trace.read')
        const window = windowOf(args)
        return connect(ask, await ask.loaders.spansOfProject.load(project.id, window), window, placeByStart)
      },
    }),
    sessions: t.field({
      type: SessionConnection,
      args: windowArgs,
      resolve: async (project, args, ask) => {
        permit(ask, 'trace.read')
        const window = windowOf(args)
        return connect(
          ask,
          await ask.loaders.sessionsOfProject.load(project.id, window),
          window,
          placeByStart,
        )
      },
    }),
  }),
})

SessionType.implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: idOf('ProjectSession') }),
    sessionId: t.exposeString('sessionId'),
    startTime: t.expose('startTime', { type: 'DateTime' }),
    endTime: t.expose('endTime', { type: 'DateTime' }),
    project: t.field({
      type: ProjectType,
      resolve: ({ projectId }, _args, ask) => loadProject(ask, projectId),
    }),
    numTraces: t.exposeInt('traceCount'),
    traces: t.field({
      type: TraceConnection,
      args: windowArgs,
      resolve: async (session, args, ask) => {
        const window = windowOf(args)
        return connect(ask, await ask.loaders.tracesOfSession.load(session.id, window), window, placeByStart)
      },
    }),
    sessionAnnotations: t.field({ type: [SessionAnnotationType], resolve: () => [] }),
  }),
})
