/**
 * One text out of those of several processes. A metric may stand only once in it, with its samples together
 * (text format 0.0.4).
 */
export function mergeTexts(texts: readonly string[]): string {
  const families = new Map<string, Family>()
  for (const text of texts) addTo(families, text)
  const written = [...families.values()].map(({ head, samples }) => [...head, ...samples].join('\n'))
  return written.length === 0 ? '' : `${written.join('\n\n')}\n`
}

interface Family {
  /** Its lines HELP and TYPE. */
  head: string[]
  samples: string[]
}

function addTo(families: Map<string, Family>, text: string): void {
  let family: Family = { head: [], samples: [] }
  let isKnown = false
  for (const line of text.split('\n')) {
    if (line === '') continue
    const helpOf = /^# HELP (\S+)/.exec(line)?.[1]
    if (helpOf !== undefined) {
      const known = families.get(helpOf)
      isKnown = known !== undefined
      family = known ?? { head: [], samples: [] }
      families.set(helpOf, family)
    }
    if (!line.startsWith('#')) family.samples.push(line)
    else if (!isKnown) family.head.push(line)
  }
}
