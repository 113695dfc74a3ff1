/** Reads for one request, gathered: what is asked for many objects at once is read in one statement. */
import DataLoader from 'dataloader'
import { countKeysOfUsers, findKeys, keysOfUsers } from '#server/api-keys/many'
import type { Ctx } from '#server/context'
import type { Slice, Window } from '#server/db/windows'
import { AppError } from '#server/errors'
import { figuresOfProjects, findProjects } from '#server/projects/many'
import { revealSecrets } from '#server/secrets/reveal'
import { readEvents, type StoredEvent } from '#server/traces/events'
import {
  countChildren,
  documentsOfSpans,
  findNewestSpans,
  findSpansById,
  type SpanDocuments,
  type SpanOfMany,
  spansOfProjects,
  spansOfTraces,
} from '#server/traces/many-spans'
import {
  findSessions,
  findTraces,
  findTracesOfProjects,
  keyOfTrace,
  sessionsOfProjects,
  type TraceOfProject,
  type TraceRow,
  tracesOfSessions,
} from '#server/traces/many-traces'
import { readSpanValues, type SpanValues } from '#server/traces/span-values'
import { findUsers } from '#server/users/many'

export type Loaders = ReturnType<typeof createLoaders>

/** Keys in one batch: as many as one statement may carry with room to spare. */
const MAX_BATCH = 1000

/** What may be long about a span, and what is read out of it: once, however often it is asked for. */
export interface Documents extends SpanDocuments {
  values(): SpanValues
  events(): StoredEvent[]
}

/** @param spendRead is told the lengths of documents as they are read; what it throws ends the reading */
export function createLoaders(ctx: Ctx, spendRead: (length: number) => void) {
  return {
    user: byId((ids: readonly number[]) => findUsers(ctx, ids)),
    keysOfUser: byId((ids: readonly number[]) => keysOfUsers(ctx, ids)),
    keyCountOfUser: byId((ids: readonly number[]) => countKeysOfUsers(ctx, ids)),
    userKey: byId((ids: readonly number[]) => findKeys(ctx, 'user', ids)),
    systemKey: byId((ids: readonly number[]) => findKeys(ctx, 'system', ids)),
    secretValue: byId((keys: readonly string[]) => revealSecrets(ctx, keys)),
    project: byId((ids: readonly number[]) => findProjects(ctx, ids)),
    figures: byId((ids: readonly number[]) => figuresOfProjects(ctx, ids)),
    trace: byId((ids: readonly number[]) => findTraces(ctx, ids)),
    session: byId((ids: readonly number[]) => findSessions(ctx, ids)),
    span: byId((ids: readonly number[]) => findSpansById(ctx, ids)),
    traceOfProject: new DataLoader<TraceOfProject, TraceRow | undefined, string>(
      async (asked) => {
        const found = await findTracesOfProjects(ctx, asked)
        return asked.map((one) => found.get(keyOfTrace(one)))
      },
      { maxBatchSize: MAX_BATCH, cacheKeyFn: keyOfTrace },
    ),
    newestSpan: byId((spanIds: readonly string[]) => findNewestSpans(ctx, spanIds)),
    documents: ofSpans(async (spans) => {
      const found = await documentsOfSpans(ctx, spans, spendRead)
      return new Map([...found].map(([id, documents]) => [id, withReaders(documents)]))
    }),
    childCount: ofSpans((spans) => countChildren(ctx, spans)),
    sessionsOfProject: windows((ids, window) => sessionsOfProjects(ctx, ids, window)),
    tracesOfSession: windows((ids, window) => tracesOfSessions(ctx, ids, window)),
    spansOfTrace: windows((ids, window) => spansOfTraces(ctx, ids, window)),
    spansOfProject: windows((ids, window) => spansOfProjects(ctx, ids, window)),
  }
}

function withReaders(documents: SpanDocuments): Documents {
  return {
    ...documents,
    values: once(() => readSpanValues(documents.attributesJson)),
    events: once(() => readEvents(documents.eventsJson)),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Undefined for what is not there. */
function byId<K extends number | string, T>(read: (keys: readonly K[]) => Promise<Map<K, T>>) {
  return new DataLoader<K, T | undefined>(
    async (keys) => {
      const found = await read(keys)
      return keys.map((key) => found.get(key))
    },
    { maxBatchSize: MAX_BATCH },
  )
}

/** By the spans themselves: where they are kept is found by more than their row id. */
function ofSpans<T>(read: (spans: readonly SpanOfMany[]) => Promise<Map<number, T>>) {
  return new DataLoader<SpanOfMany, T | undefined, number>(
    async (spans) => {
      const found = await read(spans)
      return spans.map(({ id }) => found.get(id))
    },
    { maxBatchSize: MAX_BATCH, cacheKeyFn: ({ id }) => id },
  )
}

/** Parts of lists: those with the same bounds are read together. */
function windows<T>(read: (lists: readonly number[], window: Window) => Promise<Map<number, Slice<T>>>) {
  const loaders = new Map<string, DataLoader<number, Slice<T> | undefined>>()
  return {
    load(list: number, window: Window): Promise<Slice<T>> {
      const name = JSON.stringify(window)
      let loader = loaders.get(name)
      if (!loader) {
        loader = byId((lists: readonly number[]) => read(lists, window))
        loaders.set(name, loader)
      }
      return loader.load(list).then((slice) => slice ?? { items: [], hasMore: false })
    },
  }
}

/**
 * What a row refers to.
 * @throws AppError not_found when it was deleted meanwhile
 */
export async function mustBeThere<T>(loading: Promise<T | undefined>, what: string): Promise<T> {
  const found = await loading
  if (found === undefined) throw new AppError('not_found', `${what} not found`)
  return found
}
