/** Which build this is: our own version, and the one announced to clients that check for compatibility. */
import { version } from '../package.json'

/** Our own version, shown by `bennu --version`, the banner and the log. */
export const VERSION: string = version

/**
 * Sent as `x-phoenix-server-version` and by `/arize_phoenix_version`. Clients compare it to decide what a
 * server can do, so it is a plain number and says nothing about us.
 */
export const ANNOUNCED_VERSION = '20.3.0'
