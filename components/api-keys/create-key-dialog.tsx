'use client'
import { zodResolver } from '@hookform/resolvers/zod'
import { useState } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { ApiKeyInput, type ApiKeyKind } from '#server/api-keys/model'
import type { Role } from '#server/permissions'
import { ApiError } from '../api'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Dialog, DialogActions } from '../ui/dialog'
import { Failure } from '../ui/failure'
import { Form } from '../ui/form'
import { FormField } from '../ui/form-field'
import { TextField } from '../ui/text-field'
import { type CreatedKey, useCreateKey } from './create-key'
import { EXPIRIES, type Expiry, expiryTime } from './expiry'
import { ROLE_OPTIONS, SCOPE_OPTIONS } from './words'

interface CreateKeyDialogProps {
  /** Of the server, or one's own. */
  kind: ApiKeyKind
  /** One's own role, which is that of one's own keys. */
  ownRole: Role
  onClose: () => void
  onCreated: (key: CreatedKey) => void
}

const WORDS = {
  system: {
    title: 'Create system API key',
    text: 'A system key belongs to the server and goes on working when people leave.',
  },
  user: {
    title: 'Create API key',
    text: 'This key is yours: it may do what you may do, within its scope, and ends with your account.',
  },
} as const

/** The form of a new key. What was typed stays when the server refuses it. */
export function CreateKeyDialog({ kind, ownRole, onClose, onCreated }: CreateKeyDialogProps) {
  const create = useCreateKey(kind)
  const isSystem = kind === 'system'
  const [expiry, setExpiry] = useState<Expiry>('90')
  const [date, setDate] = useState('')
  const form = useForm<ApiKeyInput>({
    resolver: zodResolver(ApiKeyInput),
    defaultValues: {
      name: '',
      scope: !isSystem && ownRole === 'VIEWER' ? 'read' : 'ingest',
      ...(isSystem && { role: 'MEMBER' }),
    },
  })
  const [scope, role] = form.watch(['scope', 'role'])
  // A key that may only ingest needs a role that may.
  const isUseless = scope === 'ingest' && (isSystem ? role : ownRole) === 'VIEWER'

  const submit = form.handleSubmit(async (input) => {
    if (isUseless) return
    const expires_at = readExpiry(expiry, date)
    if (expires_at === undefined)
      return form.setError('expires_at', { message: 'Choose a day that is not over' })
    try {
      onCreated(await create.mutateAsync({ ...input, expires_at }))
    } catch (problem) {
      showFault(problem, (field, message) => form.setError(field, { message }))
    }
  })
  const fieldFault = form.formState.errors.root === undefined && Object.keys(form.formState.errors).length > 0

  return (
    <Dialog title={WORDS[kind].title} isOpen onClose={onClose} isDismissable={!form.formState.isDirty}>
      <Form onSubmit={submit}>
        <p className="text-muted">{WORDS[kind].text}</p>
        {create.isError && !fieldFault && <Failure what="The key was not created." error={create.error} />}
        <FormField
          control={form.control}
          name="name"
          label="Name"
          placeholder="checkout-prod"
          hint="One key per service, so that each can be revoked alone."
          autoComplete="off"
          autoFocus
        />
        <Controller
          control={form.control}
          name="scope"
          render={({ field }) => (
            <Choice
              label="Scope"
              layout="cards"
              options={SCOPE_OPTIONS}
              value={field.value ?? 'full'}
              onChange={field.onChange}
              error={isUseless && !isSystem ? 'A viewer may not send traces: choose Read or Full' : undefined}
            />
          )}
        />
        {isSystem && (
          <Controller
            control={form.control}
            name="role"
            render={({ field }) => (
              <Choice
                label="Role"
                options={ROLE_OPTIONS}
                value={field.value ?? 'MEMBER'}
                onChange={field.onChange}
                error={isUseless ? 'A viewer may not send traces: choose Member or Admin' : undefined}
              />
            )}
          />
        )}
        <Choice
          label="Expires"
          options={EXPIRIES}
          value={expiry}
          onChange={setExpiry}
          error={form.formState.errors.expires_at?.message}
        />
        {expiry === 'date' && <TextField label="Last day" type="date" value={date} onChange={setDate} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={create.isPending}>
            Create API key
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  )
}

/** The expiry for the server; undefined when the chosen day is none or over. */
function readExpiry(expiry: Expiry, date: string): string | null | undefined {
  try {
    const time = expiryTime(expiry, date, Date.now())
    return time !== null && Date.parse(time) <= Date.now() ? undefined : time
  } catch {
    return undefined
  }
}

type FieldName = 'name' | 'scope' | 'role' | 'expires_at'
const FIELDS: readonly string[] = ['name', 'scope', 'role', 'expires_at'] satisfies FieldName[]

/** Puts the server's refusals on the fields they are about. */
function showFault(problem: unknown, show: (field: FieldName, message: string) => void) {
  if (!(problem instanceof ApiError)) return
  for (const fault of problem.faults) {
    const field = String(fault.loc.at(-1))
    if (FIELDS.includes(field)) show(field as FieldName, fault.msg)
  }
}
