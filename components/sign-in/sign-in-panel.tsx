'use client'
import { Fragment, type ReactNode, useEffect, useState } from 'react'
import { CredentialsForm } from '../account/credentials-form'
import { renewSession } from '../api'
import { withRoot } from '../root-path'
import { Notice } from '../ui/notice'
import { loginPath } from './login-path'
import { ProviderButtons, type SignInProvider } from './provider-buttons'

interface SignInPanelProps {
  /** A path of ours. */
  returnUrl: string
  message: string | null
  error: string | null
  /** Whether cookies are Secure while the page came by plain http. */
  cookiesCannotStick: boolean
  /** Whether there may be a refresh cookie with which a session is renewed without a password. */
  mayRenew: boolean
  /** The provider to go to when nothing was renewed; null to stay. */
  goTo: string | null
  /** Which ways in there are. */
  local: boolean
  ldap: boolean
  providers: readonly SignInProvider[]
  /** Whether a lost password can be replaced by mail. */
  canForget: boolean
}

/** Every way in, below each other: passwords first, then one button for each identity provider. */
export function SignInPanel(props: SignInPanelProps) {
  const { returnUrl, message, error, cookiesCannotStick, local, ldap, providers, canForget } = props
  const [notes, setNotes] = useState({ message, error })
  useSilentRenewal(props)
  const onTry = () => {
    setNotes({ message: null, error: null })
    forgetNotes()
  }
  const ways: [id: string, way: ReactNode][] = []
  if (local)
    ways.push([
      'local',
      <CredentialsForm key="local" way="local" isFirst {...{ returnUrl, canForget, onTry }} />,
    ])
  if (ldap)
    ways.push(['ldap', <CredentialsForm key="ldap" way="ldap" isFirst={!local} {...{ returnUrl, onTry }} />])
  if (providers.length > 0)
    ways.push(['providers', <ProviderButtons key="p" providers={providers} returnUrl={returnUrl} />])
  return (
    <>
      {cookiesCannotStick && <PlainHttpHint />}
      {notes.message && <Notice tone="ok">{notes.message}</Notice>}
      {notes.error && <Notice tone="danger">{notes.error}</Notice>}
      {ways.map(([id, way], index) => (
        <Fragment key={id}>
          {index > 0 && <Or />}
          {way}
        </Fragment>
      ))}
    </>
  )
}

/** Between two ways in. */
function Or() {
  return (
    <div className="flex items-center gap-3 text-xs text-muted">
      <span aria-hidden className="h-px grow bg-line" />
      or
      <span aria-hidden className="h-px grow bg-line" />
    </div>
  )
}

/** Why signing in cannot stick: browsers drop Secure cookies on plain http, except on the machine itself. */
function PlainHttpHint() {
  return (
    <Notice tone="warn">
      This server marks its cookies Secure, and this page came by plain http: the browser will not keep you
      signed in. Open the server by https, or start it with{' '}
      <code className="font-mono text-xs">PHOENIX_USE_SECURE_COOKIES=false</code>.
    </Notice>
  )
}

/** Takes known codes out of the address, so that a reload does not show them again. */
function forgetNotes() {
  const url = new URL(location.href)
  url.searchParams.delete('message')
  url.searchParams.delete('error')
  history.replaceState(history.state, '', url)
}

const RENEWED_AT = 'bennu.renewedAt'

/** Renews an expired session once; not twice within a minute, so that nothing can go round in circles. */
function useSilentRenewal({ mayRenew, message, error, goTo, returnUrl }: SignInPanelProps) {
  const wanted = mayRenew && !message && !error
  useEffect(() => {
    if (!wanted || Date.now() - Number(sessionStorage.getItem(RENEWED_AT) ?? 0) < 60_000) return
    sessionStorage.setItem(RENEWED_AT, String(Date.now()))
    void renewSession(performance.timeOrigin).then((renewed) => {
      if (renewed) location.replace(withRoot(returnUrl))
      else if (goTo !== null) location.replace(withRoot(loginPath(goTo, returnUrl)))
    })
  }, [wanted, goTo, returnUrl])
}
