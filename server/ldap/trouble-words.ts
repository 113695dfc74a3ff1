/** What went wrong with a directory, as sentences for admins. */
import type { LdapTrouble, TroubleReason } from '#server/ldap/trouble'

const SENTENCES: Readonly<Record<TroubleReason, string>> = {
  'unknown-host': 'The name of the host is not known. Look at PHOENIX_LDAP_HOST and at this server’s DNS.',
  refused: 'Nothing listens there. Look at PHOENIX_LDAP_PORT and PHOENIX_LDAP_TLS_MODE.',
  unreachable: 'The host cannot be reached from here. Look at the network between them.',
  timeout:
    'The host did not answer in time. Look at the network, at a firewall that drops packets, and whether that port speaks LDAP.',
  closed:
    'The host closed the connection. Look at its log, and whether the port and PHOENIX_LDAP_TLS_MODE go together.',
  certificate:
    'The certificate of the host was not accepted. It must hold the name or address of PHOENIX_LDAP_HOST, be in date, and come ' +
    'from an authority in PHOENIX_LDAP_TLS_CA_CERT_FILE.',
  'no-starttls':
    'The host does not offer StartTLS. Give it a certificate, or set PHOENIX_LDAP_TLS_MODE=ldaps.',
  tls: 'TLS with the host failed. Look at the versions of TLS it takes, and whether it wants a client certificate.',
  files:
    'The files of the certificates cannot be read any more. Look at the PHOENIX_LDAP_TLS_*_FILE settings.',
  credentials:
    'The service account was refused. Look at PHOENIX_LDAP_BIND_DN and PHOENIX_LDAP_BIND_PASSWORD.',
  result: 'The directory refused what was asked.',
  protocol: 'What answered there does not speak LDAP. Look at PHOENIX_LDAP_PORT and PHOENIX_LDAP_TLS_MODE.',
}

/** Result codes (RFC 4511 appendix A) that say more than "refused". */
const CODES: Readonly<Record<number, string>> = {
  3: 'The directory ran out of the time it gives to a search. Put an index on the attributes of the filter.',
  4: 'The directory gives fewer entries at a time than were asked for. Raise its limit for the service account.',
  8: 'The directory wants encryption. Set PHOENIX_LDAP_TLS_MODE to starttls or ldaps.',
  11: 'The directory has a limit that a search went past. Raise it for the service account.',
  13: 'The directory wants encryption. Set PHOENIX_LDAP_TLS_MODE to starttls or ldaps.',
  32: 'A base does not exist. Look at PHOENIX_LDAP_USER_SEARCH_BASE_DNS and PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS.',
  34: 'A base is not written as a distinguished name of this directory.',
  48: 'The directory does not let the service account sign in this way.',
  50: 'The service account may not read there. Give it the right to search people and groups.',
  51: 'The directory is busy.',
  52: 'The directory is not available.',
  53: 'The directory refused: it may want a service account (PHOENIX_LDAP_BIND_DN), or the account is locked.',
}

/** What happened and what to do about it. Holds no text of the directory. */
export function troubleSentence({ reason, resultCode }: Pick<LdapTrouble, 'reason' | 'resultCode'>): string {
  const byCode = reason === 'result' && resultCode !== null ? CODES[resultCode] : undefined
  if (byCode) return byCode
  return reason === 'result'
    ? `${SENTENCES.result} Its result code was ${resultCode ?? 'missing'}.`
    : SENTENCES[reason]
}

/** Whether a value from a record is one of the reasons. */
export const isTroubleReason = (value: unknown): value is TroubleReason =>
  typeof value === 'string' && Object.hasOwn(SENTENCES, value)
