/** Where a sign-in with a provider begins: a path of ours, which leads on to the provider. */
export function loginPath(name: string, returnUrl: string): string {
  const back = returnUrl === '/' ? '' : `?returnUrl=${encodeURIComponent(returnUrl)}`
  return `/oauth2/${name}/login${back}`
}
