/** The link to where the operator manages this deployment. */
import { isDefaultAdmin } from '#server/accounts'
import type { Config } from '#server/config/model'

/** Whether a person manages this deployment: the default admin, and the people of PHOENIX_ADMINS. */
export function isManager(config: Config, user: { email: string | null }): boolean {
  const email = user.email?.toLowerCase()
  if (!email) return false
  return config.auth.admins.some((admin) => admin.email === email) || isDefaultAdmin(user)
}

/** PHOENIX_MANAGEMENT_URL for those whom it concerns; null for others. */
export function managementUrlFor(config: Config, user: { email: string | null } | null): string | null {
  return user && isManager(config, user) ? config.server.managementUrl : null
}
