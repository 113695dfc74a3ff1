/** Ids in addresses: base64 of `Type:<row id>`, as REST has them. */
export function globalId(
  type: 'Project' | 'Span' | 'SystemApiKey' | 'User' | 'UserApiKey',
  rowId: number,
): string {
  return btoa(`${type}:${rowId}`)
}

/** The row id of an id of the type, or null for anything else. */
export function rowIdOf(type: 'Project' | 'Span', text: string | null): number | null {
  try {
    const match = /^([A-Za-z]+):(\d{1,15})$/.exec(atob(text ?? ''))
    return match?.[1] === type ? Number(match[2]) : null
  } catch {
    return null
  }
}

/** The page of a project. */
export function projectPath(projectId: number): string {
  return `/projects/${encodeURIComponent(globalId('Project', projectId))}`
}

/** The page of a trace, with a span of it selected when one is given. */
export function tracePath(projectId: number, traceId: string, spanRowId?: number): string {
  const path = `${projectPath(projectId)}/traces/${encodeURIComponent(traceId)}`
  return spanRowId === undefined
    ? path
    : `${path}?selectedSpanNodeId=${encodeURIComponent(globalId('Span', spanRowId))}`
}
