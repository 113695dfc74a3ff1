/**
 * Of each of the two halves of a thread's young generation, a power of two. With 16, as much as Node takes at most by itself,
 * a fixed size made pages under load on PostgreSQL twice as slow and spans dearer by a sixth; with 64 nothing is faster, since
 * buffers of requests set off a collection long before.
 */
const SEMI_SPACE_MB = 8

/**
 * What Node is told for a process and all its threads: young generations of one size from the start. V8 would shrink them
 * at each full collection, and every burst of load would touch some more of them again, so that memory seems to grow for
 * minutes. These flags outweigh a worker's `resourceLimits`.
 */
export const YOUNG_GENERATION_FLAGS: readonly string[] = [
  `--min-semi-space-size=${SEMI_SPACE_MB}`,
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
]
