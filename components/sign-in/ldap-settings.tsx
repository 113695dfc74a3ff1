import type { DirectorySettings } from '#server/ldap/overview-model'
import { Badge } from '../ui/badge'
import { Fact, Facts } from '../ui/facts'

const TLS: Record<DirectorySettings['tls'], string> = {
  starttls: 'StartTLS, or no sign-in',
  ldaps: 'LDAPS',
  none: 'none: passwords travel in clear text',
}

/** What the variables say, without the secrets among them. */
export function LdapSettings({ settings }: { settings: DirectorySettings }) {
  const { hosts, port, bindDn, userBases, userFilter, attributes, groupSearch, mappings } = settings
  return (
    <Facts label="Directory">
      <Fact name="Hosts">
        <Lines texts={hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${port}`)} />
      </Fact>
      <Fact name="Encryption">
        <Encryption settings={settings} />
      </Fact>
      <Fact name="Service account">
        {bindDn === null ? 'none: searches as nobody' : <Mono text={bindDn} />}
      </Fact>
      <Fact name="People">
        <Lines texts={[...userBases.map((base) => base || '(the whole directory)'), userFilter]} />
      </Fact>
      <Fact name="Attributes">
        <Attributes attributes={attributes} />
      </Fact>
      <Fact name="Groups">
        {groupSearch ? (
          <Lines texts={[...groupSearch.bases, groupSearch.filter]} />
        ) : attributes.memberOf === null ? (
          'not asked for'
        ) : (
          <>
            by <Mono text={attributes.memberOf} /> of the person
          </>
        )}
      </Fact>
      <Fact name="Roles">
        <ol className="flex flex-col gap-1">
          {mappings.map(({ group, role }) => (
            <li key={`${group} ${role}`} className="flex flex-wrap items-baseline gap-2">
              <Badge>{role}</Badge>
              {group === '*' ? 'everybody else' : <Mono text={group} />}
            </li>
          ))}
        </ol>
      </Fact>
      <Fact name="Newcomers">
        {settings.allowSignUp
          ? 'get an account when they first sign in'
          : 'need an account before they sign in'}
      </Fact>
    </Facts>
  )
}

function Encryption({ settings }: { settings: DirectorySettings }) {
  const { tls, verifies, hasOwnAuthority, hasClientCertificate } = settings
  if (tls === 'none') return <span className="text-danger">{TLS.none}</span>
  return (
    <>
      {TLS[tls]}
      {hasOwnAuthority && ', with your own authority'}
      {hasClientCertificate && ', with a client certificate'}
      {!verifies && <span className="text-danger">, the certificate is not checked</span>}
    </>
  )
}

function Attributes({ attributes }: { attributes: DirectorySettings['attributes'] }) {
  const { email, displayName, uniqueId } = attributes
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-1">
      {(
        [
          ['address', email],
          ['name', displayName],
          ['unique id', uniqueId],
        ] as const
      ).map(([what, name]) => (
        <span key={what}>
          <span className="text-muted">{what}</span> {name === null ? 'none' : <Mono text={name} />}
        </span>
      ))}
    </span>
  )
}

function Lines({ texts }: { texts: readonly string[] }) {
  return (
    <ul className="flex flex-col gap-0.5">
      {texts.map((text) => (
        <li key={text}>
          <Mono text={text} />
        </li>
      ))}
    </ul>
  )
}

export const Mono = ({ text }: { text: string }) => (
  <code className="font-mono text-xs wrap-anywhere">{text}</code>
)
