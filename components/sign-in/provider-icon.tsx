import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'

const MARKS: readonly [pattern: RegExp, mark: ReactNode][] = [
  [/google/, <GoogleMark key="google" />],
  [/microsoft|entra|azure/, <MicrosoftMark key="microsoft" />],
  [/^aws|cognito|amazon/, <AwsMark key="aws" />],
  [/keycloak/, <KeycloakMark key="keycloak" />],
  [/gitlab/, <LetterMark key="gitlab" letter="G" />],
  [/github/, <LetterMark key="github" letter="G" />],
  [/okta|auth0/, <LetterMark key="okta" letter="O" />],
]

/** The mark of a known provider, drawn small; a key for the others. It stands beside the name, never alone. */
export function ProviderIcon({ name }: { name: string }) {
  const known = MARKS.find(([pattern]) => pattern.test(name))
  return (
    <span aria-hidden className="inline-flex size-4 shrink-0 items-center justify-center">
      {known ? known[1] : <KeyRound className="size-4 text-muted" />}
    </span>
  )
}

/** A ring of four colours, open at the bar. */
function GoogleMark() {
  const arc = { fill: 'none', strokeWidth: 3.4 }
  return (
    <svg viewBox="0 0 18 18" className="size-4" aria-hidden="true">
      <path {...arc} stroke="#ea4335" d="M14.1 4.6A6.8 6.8 0 0 0 3 5.8" />
      <path {...arc} stroke="#fbbc05" d="M3 5.8a6.8 6.8 0 0 0 0 6.4" />
      <path {...arc} stroke="#34a853" d="M3 12.2a6.8 6.8 0 0 0 10.6 1.9" />
      <path {...arc} stroke="#4285f4" d="M13.6 14.1A6.8 6.8 0 0 0 15.8 9H9.2" />
    </svg>
  )
}

function MicrosoftMark() {
  return (
    <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true">
      <path fill="#f25022" d="M1 1h6.5v6.5H1z" />
      <path fill="#7fba00" d="M8.5 1H15v6.5H8.5z" />
      <path fill="#00a4ef" d="M1 8.5h6.5V15H1z" />
      <path fill="#ffb900" d="M8.5 8.5H15V15H8.5z" />
    </svg>
  )
}

/** A cloud with a smile below it. */
function AwsMark() {
  return (
    <svg viewBox="0 0 18 18" className="size-4" fill="none" strokeLinecap="round" aria-hidden="true">
      <path
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        d="M5 10.5a2.6 2.6 0 0 1 .2-5.2 3.9 3.9 0 0 1 7.4.8 2.2 2.2 0 0 1 .2 4.4z"
      />
      <path stroke="#ff9900" strokeWidth="1.7" d="M2.5 13c3.8 3 9 3.1 12.6.3" />
    </svg>
  )
}

/** A hexagon with a keyhole. */
function KeycloakMark() {
  return (
    <svg viewBox="0 0 18 18" className="size-4" fill="none" aria-hidden="true">
      <path stroke="#4d9fc9" strokeWidth="2" strokeLinejoin="round" d="M5 2h8l4 7-4 7H5L1 9z" />
      <circle cx="9" cy="7.6" r="1.7" fill="currentColor" />
      <path fill="currentColor" d="M8.2 8.4h1.6l.5 4H7.7z" />
    </svg>
  )
}

function LetterMark({ letter }: { letter: string }) {
  return (
    <span className="flex size-4 items-center justify-center rounded-sm bg-raised text-[10px] font-semibold">
      {letter}
    </span>
  )
}
