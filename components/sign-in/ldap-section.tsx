'use client'
import { Failure } from '../ui/failure'
import { Section } from '../ui/section'
import { TableSkeleton } from '../ui/table-skeleton'
import { useDirectory } from './ldap-hooks'
import { LdapRefusals } from './ldap-refusals'
import { LdapSettings } from './ldap-settings'
import { LdapSync } from './ldap-sync'
import { LdapTest } from './ldap-test'

/** The directory (LDAP, Active Directory): how it is set up, a test, the last comparison and the last refusals. */
export function LdapSection() {
  const query = useDirectory()
  const directory = query.data?.directory
  return (
    <Section
      title="Directory"
      note={
        directory === null
          ? undefined
          : 'LDAP or Active Directory, as the PHOENIX_LDAP_… variables describe it. No secret is shown here.'
      }
    >
      {query.isError && (
        <Failure
          what={query.data ? 'The directory could not be refreshed.' : 'The directory could not be loaded.'}
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {query.isPending && <TableSkeleton label="Loading the directory" rows={3} />}
      {directory === null && (
        <p className="text-muted">
          None is set up. Set <code className="font-mono text-xs">PHOENIX_LDAP_HOST</code> and its siblings so
          that people sign in with the name and password of your directory.
        </p>
      )}
      {directory && (
        <>
          <LdapSettings settings={directory.settings} />
          <LdapTest />
          <LdapSync sync={directory.sync} />
          <LdapRefusals refusals={directory.refusals} />
        </>
      )}
    </Section>
  )
}
