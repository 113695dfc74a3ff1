import type { Metadata } from 'next'
import { pageContext } from '#app/_lib/page'
import { KeysView } from '#components/api-keys/keys-view'
import { PageBody, TopLine } from '#components/shell/page'
import { listSystemApiKeys } from '#server/api-keys/api-keys'
import { loadPage, requirePermission } from '../../_load'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'API keys' }

export default async function ApiKeysPage() {
  const ctx = await pageContext()
  requirePermission(ctx, 'systemApiKey.list')
  const apiKeys = await loadPage(ctx, listSystemApiKeys(ctx))
  return (
    <>
      <TopLine crumbs={[{ label: 'Settings' }, { label: 'API keys' }]} />
      <PageBody>
        <KeysView apiKeys={apiKeys} />
      </PageBody>
    </>
  )
}
