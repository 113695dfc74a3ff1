/** Whether the providers answer at this moment. */
import type { Ctx } from '#server/context'
import { inspectProvider } from '#server/oidc/inspect'
import { findProviders } from '#server/oidc/providers'
import type { ProviderState } from '#server/sso-providers/model'

/**
 * Asks every provider that people can sign in with for its document and its keys, all at once. It takes as long as the
 * slowest of them may: about ten seconds.
 */
export async function askProviders(ctx: Pick<Ctx, 'db' | 'config' | 'log'>): Promise<ProviderState[]> {
  const providers = await findProviders(ctx)
  return Promise.all(
    providers.map(async (provider) => {
      const report = await inspectProvider(provider)
      return { name: provider.name, problem: report.ok ? null : report.problem }
    }),
  )
}
