import { REASON_WORDS } from '#server/audit/model'
import type { DirectoryRefusal } from '#server/ldap/overview-model'
import { Fact, Facts } from '../ui/facts'
import { RelativeTime } from '../ui/time'

/** Who was refused lately, and why: the person saw one sentence, whatever the reason. */
export function LdapRefusals({ refusals }: { refusals: readonly DirectoryRefusal[] }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="font-medium">Refused lately</h3>
      {refusals.length === 0 ? (
        <p className="text-muted">Nobody. Who is refused appears here with the reason.</p>
      ) : (
        <Facts label="Refused lately">
          {refusals.map(({ at, name, reason, host, trouble, address }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two of one moment may be alike
            <Fact key={`${at} ${index}`} name={name ?? '(erased)'}>
              {REASON_WORDS[reason] ?? reason}
              {trouble !== null && <p>{trouble}</p>}
              <span className="flex flex-wrap gap-x-3 text-muted">
                <RelativeTime at={Date.parse(at)} />
                {host !== null && <span>asked {host}</span>}
                {address !== null && <span>from {address}</span>}
              </span>
            </Fact>
          ))}
        </Facts>
      )}
    </div>
  )
}
