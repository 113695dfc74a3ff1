/** Whether the providers answer at this moment. */
import type { Ctx } from '#server/context'
import { inspectProvider, NO_KEYS, type ProviderReport } from '#server/oidc/inspect'
import { findProviders } from '#server/oidc/providers'
import type { ProviderState } from '#server/sso-providers/model'

/** What keeps people from signing in; null when nothing does. A provider whose tokens are signed with keys must publish some. */
function problemOf(report: ProviderReport): string | null {
  if (!report.ok) return report.problem
  const needsKeys = !report.algorithms.every((name) => name.startsWith('HS'))
  return needsKeys && report.keys === 0 ? NO_KEYS : null
}

/**
 * Asks every provider that people can sign in with for its document and its keys, all at once. It takes as long as the
 * slowest of them may: about ten seconds.
 */
export async function askProviders(ctx: Pick<Ctx, 'db' | 'config' | 'log'>): Promise<ProviderState[]> {
  const providers = await findProviders(ctx)
  return Promise.all(
    providers.map(async (provider) => {
      return { name: provider.name, problem: problemOf(await inspectProvider(provider)) }
    }),
  )
}
