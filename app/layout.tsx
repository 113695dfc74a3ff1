import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Providers } from '#components/shell/providers'
import { rootPath } from '../components/root-path'
import { BOOT_SCRIPT } from '../components/shell/theme'
import './globals.css'

export const dynamic = 'force-dynamic'

export const metadata: Metadata = {
  title: { default: 'Bennu', template: '%s · Bennu' },
  description: 'Traces of LLM applications',
  // In the page, so that none asks for it, whatever the path prefix; public/favicon.ico is for what has no page: a failed
  // one before its scripts have run, and bookmarks.
  icons: {
    icon: `data:image/svg+xml,${encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#4652d8"/><path d="M5 13h3l2.5-6 3.5 10 2.2-5H19" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>',
    )}`,
  },
  robots: { index: false, follow: false },
}

export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' }

/** The document around every page. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  // The policy that the middleware made for this very page; scripts without its nonce do not run.
  const policy = (await headers()).get('content-security-policy') ?? ''
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
  // Built scripts hold the path prefix; those of the development compiler are told.
  const prefix =
    process.env.NODE_ENV === 'development' ? `globalThis.__ROOT_PATH__=${JSON.stringify(rootPath())};` : ''
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Browsers hide the nonce from scripts, so what React finds differs from what it made. */}
        <script
          nonce={nonce}
          suppressHydrationWarning
          // biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before the first paint
          dangerouslySetInnerHTML={{ __html: prefix + BOOT_SCRIPT }}
        />
      </head>
      <body>
        <Providers now={Date.now()}>{children}</Providers>
      </body>
    </html>
  )
}
