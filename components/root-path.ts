/**
 * The one place that knows under which path prefix the server is published. `Link` and the router prefix
 * by themselves (the framework knows the prefix too); everything handed to `fetch`, a form or `location` does not.
 */

/**
 * The prefix, without a trailing slash; empty at the root of a host. The server knows it from its start on, and in the
 * scripts it serves to browsers the value stands in the place of the variable (bin/web/rooted-build.ts).
 */
export function rootPath(): string {
  return (globalThis as { __ROOT_PATH__?: string }).__ROOT_PATH__ ?? ''
}

/** A path of ours (`/login`) as the browser must ask for it. */
export function withRoot(path: string): string {
  return `${rootPath()}${path}`
}
