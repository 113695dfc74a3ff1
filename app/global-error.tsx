'use client'

/** Stands in for the whole document when the root layout itself fails: nothing of ours may be needed for it. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en" style={{ colorScheme: 'light dark' }}>
      <body
        style={{
          font: '14px/20px system-ui, sans-serif',
          maxWidth: '28rem',
          margin: '15vh auto',
          padding: '0 1rem',
        }}
      >
        <title>Bennu</title>
        <h1 style={{ fontSize: '20px' }}>This page could not be shown</h1>
        <p>
          The server met a problem it did not expect. Load the page again; if it stays, look into the server's
          log.
        </p>
        {error.digest && <p>Request {error.digest}</p>}
      </body>
    </html>
  )
}
