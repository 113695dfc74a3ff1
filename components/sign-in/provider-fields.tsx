'use client'
import type { ReactNode } from 'react'
import { Checkbox } from '../ui/checkbox'
import { Choice } from '../ui/choice'
import { SelectField } from '../ui/select-field'
import { TextArea } from '../ui/text-area'
import { TextField } from '../ui/text-field'
import type { FieldErrors } from './provider-dialog'
import type { ProviderFields } from './provider-form'
import { TOKEN_AUTH_WORDS } from './words'

interface FieldsProps {
  fields: ProviderFields
  set: (change: Partial<ProviderFields>) => void
  errors: FieldErrors
}

/** Which provider it is and how we prove ourselves to it. */
export function ClientFields({
  fields,
  set,
  errors,
  isNew,
  example,
}: FieldsProps & { isNew: boolean; example: string }) {
  return (
    <>
      {isNew && (
        <TextField
          label="Name in addresses"
          hint="Small letters, digits and underscores, such as keycloak. It cannot be changed later."
          value={fields.name}
          onChange={(name) => set({ name })}
          autoComplete="off"
          error={errors.name}
        />
      )}
      <TextField
        label="Name on the button"
        hint="The button says “Sign in with” and this."
        value={fields.displayName}
        onChange={(displayName) => set({ displayName })}
        autoComplete="off"
        error={errors.displayName}
      />
      <TextField
        label="Discovery address"
        hint={
          example ? (
            <>
              Such as <code className="font-mono wrap-anywhere">{example}</code>
            </>
          ) : undefined
        }
        value={fields.discoveryUrl}
        onChange={(discoveryUrl) => set({ discoveryUrl })}
        autoComplete="off"
        error={errors.discoveryUrl}
      />
      <TextField
        label="Client id"
        hint={
          isNew ? undefined : 'People are known by this id and theirs: with another one they are strangers.'
        }
        value={fields.clientId}
        onChange={(clientId) => set({ clientId })}
        autoComplete="off"
        error={errors.clientId}
      />
      <SelectField
        label="Client authentication"
        value={fields.tokenAuth}
        onChange={(tokenAuth) => set({ tokenAuth })}
        options={(['client_secret_basic', 'client_secret_post', 'none'] as const).map((value) => ({
          value,
          label: TOKEN_AUTH_WORDS[value],
        }))}
      />
      {fields.tokenAuth !== 'none' && (
        <TextField
          label="Client secret"
          type="password"
          hint={
            isNew
              ? 'Stored encrypted. It cannot be seen again.'
              : 'Leave it empty to keep the one that is stored.'
          }
          value={fields.clientSecret}
          onChange={(clientSecret) => set({ clientSecret })}
          autoComplete="new-password"
          error={errors.clientSecret}
        />
      )}
    </>
  )
}

/** Who comes in, and as what. */
export function ClaimFields({ fields, set, errors }: FieldsProps) {
  return (
    <Part
      title="Claims, groups and roles"
      isOpen={['emailPath', 'groupsPath', 'allowedGroups', 'rolePath', 'roleMapping'].some(
        (one) => errors[one],
      )}
    >
      <TextField
        label="Path to the e-mail address"
        hint="JMESPath into the claims; usually email."
        value={fields.emailPath}
        onChange={(emailPath) => set({ emailPath })}
        error={errors.emailPath}
      />
      <TextField
        label="Path to the groups"
        hint="Such as groups. A key with a colon, dot or slash needs double quotes around it."
        value={fields.groupsPath}
        onChange={(groupsPath) => set({ groupsPath })}
        error={errors.groupsPath}
      />
      <TextField
        label="Allowed groups"
        hint="Between commas; whoever is in none of them is refused. Empty: groups keep nobody out."
        value={fields.allowedGroups}
        onChange={(allowedGroups) => set({ allowedGroups })}
        error={errors.allowedGroups}
      />
      <TextField
        label="Path to the role"
        hint="Such as roles or realm_access.roles. Empty: the provider has no say in roles."
        value={fields.rolePath}
        onChange={(rolePath) => set({ rolePath })}
        error={errors.rolePath}
      />
      <TextArea
        label="Role mapping"
        hint="A line for each word of the provider, such as llm-admins: ADMIN"
        value={fields.roleMapping}
        onChange={(roleMapping) => set({ roleMapping })}
        error={errors.roleMapping}
      />
      <Choice
        label="Role of newcomers while no path to the role is set"
        value={fields.defaultRole}
        onChange={(defaultRole) => set({ defaultRole })}
        options={[
          { value: 'MEMBER', label: 'MEMBER' },
          { value: 'VIEWER', label: 'VIEWER' },
        ]}
      />
      <Checkbox
        label="Refuse people whose role is missing or not mapped"
        hint="Otherwise they are VIEWER."
        isChecked={fields.roleStrict}
        onChange={(roleStrict) => set({ roleStrict })}
      />
      <Wrong error={errors.roleStrict} />
      <Checkbox
        label="Follow the provider at every sign-in"
        hint="Otherwise only the first sign-in sets the role."
        isChecked={fields.roleResync}
        onChange={(roleResync) => set({ roleResync })}
      />
      <Wrong error={errors.roleResync} />
    </Part>
  )
}

/** How a sign-in goes. */
export function WaysFields({ fields, set, errors }: FieldsProps) {
  return (
    <>
      <Part title="Scopes and PKCE" isOpen={errors.scopes !== undefined}>
        <TextField
          label="Scopes"
          hint="Between blanks. openid is needed."
          value={fields.scopes}
          onChange={(scopes) => set({ scopes })}
          error={errors.scopes}
        />
        <Choice
          label="PKCE"
          value={fields.pkce}
          onChange={(pkce) => set({ pkce })}
          options={[
            { value: 'auto', label: 'When offered' },
            { value: 'always', label: 'Always' },
            { value: 'never', label: 'Never' },
          ]}
        />
      </Part>
      <Checkbox
        label="Make accounts for newcomers"
        hint="Otherwise only people with an account come in."
        isChecked={fields.allowSignUp}
        onChange={(allowSignUp) => set({ allowSignUp })}
      />
      <Checkbox
        label="Sign out at the provider too"
        hint="Where it offers that."
        isChecked={fields.logoutAtProvider}
        onChange={(logoutAtProvider) => set({ logoutAtProvider })}
      />
      <Checkbox
        label="The login page goes there by itself"
        hint="/login?local=1 still shows every way in."
        isChecked={fields.autoLogin}
        onChange={(autoLogin) => set({ autoLogin })}
      />
      <Wrong error={errors.autoLogin} />
      <Checkbox
        label="On"
        hint="Its button stands on the login page."
        isChecked={fields.enabled}
        onChange={(enabled) => set({ enabled })}
      />
    </>
  )
}

function Wrong({ error }: { error: string | undefined }) {
  return error === undefined ? null : (
    <p role="alert" className="-mt-3 text-xs text-danger">
      {error}
    </p>
  )
}

/** What most people leave as it is, folded away; open while something in it is wrong. */
function Part({ title, isOpen, children }: { title: string; isOpen: boolean; children: ReactNode }) {
  return (
    <details open={isOpen || undefined} className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 font-medium">{title}</summary>
      <div className="flex flex-col gap-4 border-t border-line p-3">{children}</div>
    </details>
  )
}
