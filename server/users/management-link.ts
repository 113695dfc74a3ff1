/** The link to where the operator manages this deployment. */
import { isDefaultAdmin } from '#server/accounts'
import type { Config } from '#server/config/model'

/** PHOENIX_MANAGEMENT_URL for those whom it concerns, the default admin and the people of PHOENIX_ADMINS; null for others. */
export function managementUrlFor(config: Config, user: { email: string | null } | null): string | null {
  const email = user?.email?.toLowerCase()
  if (!user || !email) return null
  const isNamed = config.auth.admins.some((admin) => admin.email === email)
  return isNamed || isDefaultAdmin(user) ? config.server.managementUrl : null
}
