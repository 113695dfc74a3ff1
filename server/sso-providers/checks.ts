/** What admins may not make of a provider. */
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import type { ProviderSettings } from '#server/oidc/model'
import { providerFaults } from '#server/oidc/rules'
import type { ProviderInput, StoredSettings } from '#server/sso-providers/model'
import { readStoredRows, type StoredRow } from '#server/sso-providers/stored'

/** Whether the environment sets up a provider of this name. */
export const isOfEnvironment = ({ config }: RecordCtx, name: string) =>
  config.oauth2.providers.some((one) => one.name === name)

/** @throws AppError invalid, at the name */
export function refuseEnvironmentName(ctx: RecordCtx, name: string): void {
  if (isOfEnvironment(ctx, name))
    throw fault(
      'name',
      `PHOENIX_OAUTH2_${name.toUpperCase()}_… sets up a provider of this name: take another`,
    )
}

/**
 * The rules that the environment's providers follow too.
 * @throws AppError invalid (422), each fault at its field
 */
export function refuseFaults(
  name: string,
  { enabled: _enabled, ...settings }: Omit<ProviderInput, 'clientSecret'>,
  clientSecret: string | null,
): void {
  const faults = providerFaults(asSettings(name, settings, clientSecret)).map(({ field, sentence }) => ({
    type: 'value_error',
    loc: ['body', field],
    msg: sentence,
  }))
  if (faults.length > 0) throw new AppError('invalid', 'Invalid body', { faults })
}

/**
 * To be asked once a provider is written, before its transaction ends: nobody else changes providers meanwhile.
 * @throws AppError invalid, at autoLogin: the login page goes to another provider by itself already
 */
export async function refuseSecondAutoLogin(tx: Queries, ctx: RecordCtx, name: string): Promise<void> {
  const rows = (await readStoredRows(ctx, tx)).filter(({ enabled }) => enabled)
  if (!rows.find((row) => row.name === name)?.settings.autoLogin) return
  const counted = rows.filter((row) => !isOfEnvironment(ctx, row.name))
  const others = [...ctx.config.oauth2.providers, ...counted.map(flat)]
  const other = others.find((one) => one.autoLogin && one.name !== name)
  if (other) throw fault('autoLogin', `${other.displayName} does that already: one provider at most can`)
}

const flat = ({ name, displayName, settings }: StoredRow) => ({ name, displayName, ...settings })

/** Form input as the engine takes it. */
export function asSettings(
  name: string,
  { displayName, ...input }: Omit<ProviderInput, 'clientSecret' | 'enabled'>,
  clientSecret: string | null,
): ProviderSettings {
  return { ...settingsOf(input), name, displayName, clientSecret, assertionFile: null, redirectPath: null }
}

/**
 * A secret goes to the address that its provider names, so that it stays only with the provider it was entered for:
 * otherwise whoever may change an address could have the secret sent to himself.
 * @throws AppError invalid, at the secret
 */
export function refuseSecretElsewhere({ settings }: StoredRow, input: ProviderInput): void {
  if (input.clientSecret || input.tokenAuth === 'none') return
  if (settings.tokenAuth === 'none') return
  const isSame = settings.clientId === input.clientId && settings.discoveryUrl === input.discoveryUrl
  if (!isSame)
    throw fault(
      'clientSecret',
      'The address or the client id has changed: enter the secret that belongs to it',
    )
}

/** What goes into the database as JSON, and nothing that came along with it. */
export function settingsOf(input: StoredSettings): StoredSettings {
  const { clientId, discoveryUrl, tokenAuth, pkce, scopes, allowSignUp, autoLogin, emailPath } = input
  const { groupsPath, allowedGroups, rolePath, roleMapping, roleStrict, roleResync } = input
  const { defaultRole, logoutAtProvider } = input
  const claims = { emailPath, groupsPath, allowedGroups, rolePath, roleMapping, roleStrict, roleResync }
  const client = { clientId, discoveryUrl, tokenAuth, pkce, scopes }
  return { ...client, ...claims, allowSignUp, autoLogin, defaultRole, logoutAtProvider }
}

/** A refusal of one field of the body. */
export function fault(field: string, msg: string): AppError {
  return new AppError('invalid', msg, { faults: [{ type: 'value_error', loc: ['body', field], msg }] })
}
