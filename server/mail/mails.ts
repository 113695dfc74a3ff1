/** What our mails say. */
import type { Config } from '#server/config/model'
import { publicUrl, resetUrl } from '#server/mail/links'
import { type MailContent, shown } from '#server/mail/template'

const IGNORE = 'If you did not expect this mail, ignore it: nothing has changed.'

/** A link to replace a lost password. */
export function resetMail(config: Config, to: { username: string }, token: string): MailContent {
  return {
    subject: 'Reset your password',
    title: 'Reset your password',
    paragraphs: [`Somebody asked to reset the password of your account “${shown(to.username)}”.`],
    button: { id: 'reset-url', label: 'Choose a new password', url: resetUrl(config, token) },
    notes: [`The link works once, for ${inWords(config.auth.passwordResetMinutes)}. ${IGNORE}`],
  }
}

/**
 * Tells somebody of their new account.
 * @param token for a password of their own; null for an account that signs in elsewhere
 */
export function welcomeMail(config: Config, to: { username: string }, token: string | null): MailContent {
  const common = {
    subject: 'Welcome to Bennu',
    title: 'Welcome to Bennu',
    paragraphs: [
      `An account was made for you: “${shown(to.username)}”. Bennu keeps the traces of your LLM applications.`,
    ],
  }
  const open = { id: 'welcome-url', label: 'Open Bennu', url: publicUrl(config, '') }
  if (token === null) return { ...common, button: open }
  const life = inWords(config.auth.invitationMinutes)
  return {
    ...common,
    button: { id: 'reset-url', label: 'Choose your password', url: resetUrl(config, token) },
    link: open,
    notes: [`The first link works once, for ${life}. ${IGNORE}`],
  }
}

/** Tells somebody that their password was changed. */
export function passwordChangedMail(config: Config, to: { username: string }, at: Date): MailContent {
  return {
    subject: 'Your password was changed',
    title: 'Your password was changed',
    paragraphs: [
      `The password of your account “${shown(to.username)}” was changed on ${instant(at)}. All its sessions have ended.`,
      'If it was not you, ask an admin at once to reset it.',
    ],
    link: { id: 'server-url', label: 'Open Bennu', url: publicUrl(config, '') },
  }
}

/** Tells an admin of a new system key. */
export function systemKeyMail(
  config: Config,
  key: { name: string; role: string; scope: string; madeBy: string },
  at: Date,
): MailContent {
  return {
    subject: 'A system API key was created',
    title: 'A system API key was created',
    paragraphs: [
      `“${shown(key.madeBy)}” created the system key “${shown(key.name)}” on ${instant(at)}.`,
      `Its role is ${key.role}, its scope ${key.scope}.`,
    ],
    link: { id: 'keys-url', label: 'See the system keys', url: publicUrl(config, '/settings/api-keys') },
  }
}

/** Shows an admin that mail works. */
export function testMail(config: Config, at: Date): MailContent {
  return {
    subject: 'Test mail',
    title: 'Mail works',
    paragraphs: [`An admin sent this mail on ${instant(at)} to see whether it arrives.`],
    link: { id: 'server-url', label: 'Open Bennu', url: publicUrl(config, '') },
  }
}

/** `2026-05-01 12:00 UTC`: nobody knows the reader's zone. */
const instant = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A length of time as people say it. */
export function inWords(minutes: number): string {
  const units: [number, string][] = [
    [1440, 'day'],
    [60, 'hour'],
    [1, 'minute'],
  ]
  const [size, noun] = units.find(([each]) => minutes >= each && minutes % each === 0) ?? [1, 'minute']
  const count = Math.max(1, Math.round(minutes / size))
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
