/**
 * Of each of the two halves of a thread's young generation, a power of two; as much as Node takes at most by itself. With
 * 64 nothing is faster, since buffers of requests set off a collection long before; with 8 the ingest worker has 25 MB
 * more in its old generation.
 */
const SEMI_SPACE_MB = 16

/**
 * What Node is told for a process and all its threads: young generations of one size from the start. V8 would shrink them
 * at each full collection, and every burst of load would touch some more of them again, so that memory seems to grow for
 * minutes. These flags outweigh a worker's `resourceLimits`.
 */
export const YOUNG_GENERATION_FLAGS: readonly string[] = [
  `--min-semi-space-size=${SEMI_SPACE_MB}`,
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
]
