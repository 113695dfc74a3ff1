import type { ProviderReport } from '#server/oidc/model'
import { plural } from '../format'
import { Fact, Facts } from '../ui/facts'
import { Notice } from '../ui/notice'

/** What a provider offers, or why it could not be asked. */
export function TestResult({ report }: { report: ProviderReport }) {
  if (!report.ok) return <Notice tone="danger">{report.problem}</Notice>
  const { warnings, issuer, algorithms, tokenAuthMethods, keys, pkce } = report
  const { endSessionEndpoint, backchannelLogout, userinfoEndpoint } = report
  return (
    <div className="flex flex-col gap-3">
      <Notice tone="ok">The provider answers, and what it offers fits.</Notice>
      {warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
      <Facts label="What the provider offers">
        <Fact name="Issuer">
          <Mono text={issuer} />
        </Fact>
        <Fact name="Sign-in at">
          <Mono text={report.authorizationEndpoint} />
        </Fact>
        <Fact name="Tokens at">
          <Mono text={report.tokenEndpoint} />
        </Fact>
        <Fact name="Client authentication">
          {tokenAuthMethods.length > 0 ? tokenAuthMethods.join(', ') : 'not said'}
        </Fact>
        <Fact name="Signatures">
          {algorithms.join(', ')}, {plural(keys, 'key')}
        </Fact>
        <Fact name="PKCE">{pkce ? 'S256' : 'not announced'}</Fact>
        <Fact name="More about the person">{userinfoEndpoint ? 'yes (userinfo)' : 'no userinfo'}</Fact>
        <Fact name="Sign-out there">
          {endSessionEndpoint ? 'yes' : 'not offered'}
          {backchannelLogout && ', and it tells us when somebody signs out elsewhere'}
        </Fact>
      </Facts>
    </div>
  )
}

const Mono = ({ text }: { text: string }) => <code className="font-mono text-xs wrap-anywhere">{text}</code>
