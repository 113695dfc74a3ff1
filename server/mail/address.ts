/** Which addresses mail is sent to. */

/** Longest address that fits a mailbox by RFC 5321 4.5.3.1.3, without its angle brackets. */
const MAX_LENGTH = 254
const MAX_LOCAL = 64
const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const LABEL = /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u

/**
 * Whether an address can be put on an envelope: a dot-atom before the `@` and at least two labels after it (RFC 5322
 * 3.4.1). `admin@localhost` cannot, nor can a list or anything in quotes.
 */
export function isMailable(address: string | null | undefined): address is string {
  if (!address || address.length > MAX_LENGTH) return false
  const [local = '', domain = '', more] = address.split('@')
  const labels = domain.split('.')
  return (
    more === undefined &&
    local.length <= MAX_LOCAL &&
    LOCAL.test(local) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label))
  )
}
