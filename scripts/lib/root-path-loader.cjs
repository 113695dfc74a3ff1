/**
 * For next.config.ts: the framework has its path prefix compiled in; here it becomes a value of the running program, so
 * that one build serves any prefix. See docs/decisions/064-a-prefix-at-run-time.md.
 */
module.exports = (source) =>
  source
    .replaceAll('process.env.__NEXT_ROUTER_BASEPATH', 'globalThis.__ROOT_PATH__')
    .replaceAll('process.env.__NEXT_BASE_PATH', 'globalThis.__ROOT_PATH__')
