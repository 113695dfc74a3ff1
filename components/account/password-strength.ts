/** How good a password is, for the bar beside the field. The server's rules are in server/auth/password-model. Pure. */
import { type PasswordRules, passwordDemands } from '#server/auth/password-model'

/** `none`: nothing typed. `short`: a demand is not met, so the server would refuse it. */
export type Strength = 'none' | 'short' | 'fair' | 'strong'

/**
 * A rough word for a password: how many different characters it has and how long it is. Not a promise, only a nudge
 * from `passable` to a pass phrase.
 */
export function strengthOf(password: string, rules: PasswordRules): Strength {
  if (password === '') return 'none'
  if (passwordDemands(password, rules).some((demand) => !demand.met)) return 'short'
  const letters = [...password.normalize('NFC')]
  return letters.length >= 16 && new Set(letters).size >= 8 ? 'strong' : 'fair'
}
