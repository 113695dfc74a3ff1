'use client'
import { useEffect } from 'react'
import type { ProviderView } from '#server/sso-providers/model'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Loading, Skeleton } from '../ui/states'
import { useProviderTest } from './hooks'
import { TestResult } from './test-result'

/** Asks the provider what it offers as soon as it is open. */
export function TestDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { mutate, ...test } = useProviderTest()
  const { name } = provider
  useEffect(() => mutate({ name }), [mutate, name])
  return (
    <Dialog title={`Test of ${provider.displayName}`} isOpen onClose={onClose}>
      {test.isPending && (
        <Loading label="Asking the provider" className="flex flex-col gap-3">
          <Skeleton className="w-3/4" />
          <Skeleton className="w-1/2" />
        </Loading>
      )}
      {test.isError && <Failure what="The provider was not asked." error={test.error} />}
      {test.data && <TestResult report={test.data} />}
      <DialogActions>
        <Button isPending={test.isPending} onPress={() => mutate({ name })}>
          Test again
        </Button>
        <Button variant="primary" onPress={onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  )
}
