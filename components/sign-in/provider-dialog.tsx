'use client'
import { useState } from 'react'
import type { ProviderView, SignInSettings } from '#server/sso-providers/model'
import { ApiError } from '../api'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { Notice } from '../ui/notice'
import { closeAndSay } from '../ui/notify'
import { SelectField } from '../ui/select-field'
import { CopyLine } from './copy-line'
import { useProviderDeed, useProviderTest } from './hooks'
import { PRESETS } from './presets'
import { ClaimFields, ClientFields, WaysFields } from './provider-fields'
import { fieldsOf, inputOf, type ProviderFields } from './provider-form'
import { TestResult } from './test-result'

interface ProviderDialogProps {
  settings: SignInSettings
  /** The one that is changed; null adds one. */
  provider: ProviderView | null
  onClose: () => void
}

/** Adds a provider, or changes one that was added here. Nothing is stored before it is saved; a test stores nothing. */
export function ProviderDialog({ settings, provider, onClose }: ProviderDialogProps) {
  const form = useProviderForm(provider, onClose)
  const { fields, set, errors, deed, test } = form
  const [preset, setPreset] = useState('other')
  const choose = (id: string) => {
    const chosen = PRESETS.find((one) => one.id === id)
    setPreset(id)
    if (chosen) set({ name: chosen.name, displayName: chosen.displayName, discoveryUrl: chosen.discoveryUrl })
  }
  const example = PRESETS.find(({ id }) => id === preset)?.example ?? ''
  const redirectUri = provider?.redirectUri ?? settings.newRedirectUri.replace('{name}', fields.name || '…')
  return (
    <Dialog
      title={provider ? `Edit ${provider.displayName}` : 'Add an identity provider'}
      isOpen
      onClose={onClose}
      isDismissable={!form.isTouched}
    >
      <Form autoComplete="off" onSubmit={form.save}>
        {!settings.canStore && <NoSecret />}
        {provider === null && (
          <SelectField
            label="Kind"
            value={preset}
            onChange={choose}
            options={PRESETS.map(({ id, label }) => ({ value: id, label }))}
          />
        )}
        <ClientFields {...{ fields, set, errors, example }} isNew={provider === null} />
        <div className="flex min-w-0 flex-col gap-1">
          <span className="font-medium">Redirect URI, to register with the provider</span>
          <CopyLine text={redirectUri} label="the redirect URI" />
        </div>
        <ClaimFields {...{ fields, set, errors }} />
        <WaysFields {...{ fields, set, errors }} />
        {test.isError && !form.hasFieldFault(test.error) && (
          <Failure what="The provider was not asked." error={test.error} />
        )}
        {test.data && <TestResult report={test.data} />}
        {form.hasFieldFault(deed.error) && (
          <Notice tone="danger">
            Not saved: something above needs another look. {errors.enabled ?? errors.assertionFile ?? ''}
          </Notice>
        )}
        {deed.isError && !form.hasFieldFault(deed.error) && (
          <Failure what="The provider was not saved." error={deed.error} />
        )}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button isPending={test.isPending} onPress={form.runTest}>
            Test
          </Button>
          <Button type="submit" variant="primary" isPending={deed.isPending}>
            {provider ? 'Save provider' : 'Add provider'}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}

function NoSecret() {
  return (
    <Notice tone="warn">
      A client secret cannot be stored: this server has no key to encrypt it with. Set{' '}
      <code className="font-mono text-xs">PHOENIX_SECRET</code>, or set up a client without a secret.
    </Notice>
  )
}

/** What is wrong, by field. */
export type FieldErrors = Readonly<Record<string, string | undefined>>

function useProviderForm(provider: ProviderView | null, onClose: () => void) {
  const [fields, setFields] = useState(() => fieldsOf(provider))
  const [errors, setErrors] = useState<FieldErrors>({})
  const [isTouched, setTouched] = useState(false)
  const deed = useProviderDeed()
  const test = useProviderTest()
  const set = (change: Partial<ProviderFields>) => {
    setTouched(true)
    setFields((before) => ({ ...before, ...change }))
  }
  const onError = (error: unknown) => setErrors(fieldErrors(error))
  const read = () => {
    const result = inputOf(fields)
    setErrors('fault' in result ? { roleMapping: result.fault } : {})
    return 'fault' in result ? null : result.input
  }
  const save = () => {
    const input = read()
    if (!input) return
    const name = provider?.name ?? fields.name.trim()
    deed.mutate(
      { kind: provider ? 'update' : 'create', name, input: { ...input, updatedAt: provider?.updatedAt } },
      {
        onError,
        ...closeAndSay(
          onClose,
          provider ? `${input.displayName} was saved` : `${input.displayName} was added`,
        ),
      },
    )
  }
  const runTest = () => {
    const input = read()
    // A test asks for nothing that needs a name on a button yet.
    const draft = { name: 'draft', displayName: 'Draft', clientId: 'draft' }
    if (!input) return
    const filled = {
      ...input,
      name: fields.name.trim() || draft.name,
      displayName: input.displayName || draft.displayName,
      clientId: input.clientId || draft.clientId,
    }
    test.mutate({ provider: filled }, { onError })
  }
  const hasFieldFault = (error: unknown) => Object.keys(fieldErrors(error)).length > 0
  return { fields, set, errors, isTouched, deed, test, save, runTest, hasFieldFault }
}

/** The server's faults, each at its field. */
function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError)) return {}
  const byField: Record<string, string> = {}
  for (const { loc, msg } of error.faults) {
    const field = loc.find((part) => part !== 'body' && part !== 'provider')
    if (typeof field === 'string') byField[field] ??= msg.charAt(0).toUpperCase() + msg.slice(1)
  }
  return byField
}
