/** A client assertion that something else keeps fresh in a file (RFC 7523), such as the token of a workload identity. */
import { open } from 'node:fs/promises'
import { SignInFailure } from '#server/oidc/failure'
import type { ProviderSettings } from '#server/oidc/model'

const MAX_BYTES = 64 * 1024

/**
 * The assertion as it is now.
 * @throws SignInFailure (oauth_error) when the file is missing, too large, empty or no file; a path that came through
 *   another variable is not named
 */
export async function readAssertion({
  assertionFile,
}: Pick<ProviderSettings, 'assertionFile'>): Promise<string> {
  const shown = !assertionFile || assertionFile.confidential ? '' : ` ${JSON.stringify(assertionFile.path)}`
  const fail = (why: string) =>
    new SignInFailure('oauth_error', 'token', `the file${shown} with the client assertion ${why}`)
  if (!assertionFile) throw fail('is not set')
  const file = await open(assertionFile.path, 'r').catch(() => {
    throw fail('cannot be read')
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw fail('is no file')
    if (stat.size > MAX_BYTES) throw fail('is larger than 64 KiB')
    const text = (await file.readFile('utf8')).trim()
    if (text === '') throw fail('is empty')
    return text
  } finally {
    await file.close()
  }
}
