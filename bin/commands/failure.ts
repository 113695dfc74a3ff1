/** The last words of a command that cannot do what it was asked. */

/** Prints every problem of a bad configuration, or the one sentence of anything else, on stderr. */
export function printFailure(error: unknown): void {
  const problems = problemsOf(error)
  if (problems) {
    const lines = problems.map((problem) => `  - ${problem}\n`).join('')
    process.stderr.write(`bennu: the configuration cannot be used:\n${lines}`)
  } else {
    process.stderr.write(`bennu: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

function problemsOf(error: unknown): string[] | null {
  if (!(error instanceof Error) || !('problems' in error) || !Array.isArray(error.problems)) return null
  return error.problems.map(String)
}
