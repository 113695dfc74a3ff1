/** The one form that all our mails have: a heading, sentences, at most one button, in HTML and in plain text. */

/** What a mail says. Everything but `subject` and `id` may hold what strangers wrote; pass names through `shown`. */
export interface MailContent {
  /** A constant: nothing from outside goes into a header. */
  subject: string
  title: string
  paragraphs: readonly string[]
  /** Its address is written out below it. */
  button?: MailLink
  /** A second, lesser way. */
  link?: MailLink
  /** In small print. */
  notes?: readonly string[]
}

export interface MailLink {
  /** The `id` of the element in the HTML, for tests and automation. */
  id: string
  label: string
  url: string
}

export interface RenderedMail {
  subject: string
  html: string
  text: string
}

const PREFIX = '[Bennu]'
const LONGEST_NAME = 100

/**
 * Somebody's name as it may stand in a sentence: on one line, without characters that turn or hide what follows, and at
 * most 100 characters long.
 */
export function shown(name: string): string {
  const line = name
    .replace(/[\p{C}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...line]
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME - 1).join('')}…` : line
}

/** Writes a mail out. */
export function renderMail(content: MailContent): RenderedMail {
  return { subject: `${PREFIX} ${content.subject}`, html: html(content), text: text(content) }
}

function text({ title, paragraphs, button, link, notes = [] }: MailContent): string {
  const links = [button, link].flatMap((each) => (each ? [`${each.label}:\n${each.url}`] : []))
  return `${[title, ...paragraphs, ...links, ...notes].join('\n\n')}\n`
}

const BODY = 'margin:0;padding:24px;background:#fbfbfc;color:#1b1f27;font:15px/1.5 system-ui,sans-serif'
const CARD =
  'max-width:520px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #e4e6ea;border-radius:6px'
const BUTTON =
  'display:inline-block;padding:10px 16px;background:#4652d8;color:#ffffff;border-radius:6px;text-decoration:none;font-weight:600'
const SMALL = 'color:#667085;font-size:13px'

function html({ title, paragraphs, button, link, notes = [] }: MailContent): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light">',
    `<title>${escapeHtml(title)}</title></head><body style="${BODY}"><div style="${CARD}">`,
    `<h1 style="margin:0 0 12px;font-size:18px">${escapeHtml(title)}</h1>`,
    ...paragraphs.map((each) => `<p>${escapeHtml(each)}</p>`),
    ...(button ? [`<p>${anchor(button, BUTTON)}</p>`, plainAddress(button)] : []),
    ...(link ? [`<p>${anchor(link)}</p>`] : []),
    ...notes.map((each) => `<p style="${SMALL}">${escapeHtml(each)}</p>`),
    '</div></body></html>',
  ].join('\n')
}

function anchor({ id, label, url }: MailLink, style?: string): string {
  const look = style ? ` style="${style}"` : ''
  return `<a id="${escapeHtml(id)}" href="${escapeHtml(url)}"${look}>${escapeHtml(label)}</a>`
}

// Some programs show no links, and whoever is careful reads where one leads.
function plainAddress({ url }: MailLink): string {
  return `<p style="${SMALL};word-break:break-all">${escapeHtml(url)}</p>`
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
