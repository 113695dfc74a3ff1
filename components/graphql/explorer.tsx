/** GraphiQL for our own `/graphql`. A bundle of its own (scripts/build.mjs): no other page carries it. */

import { GraphiQL } from 'graphiql'
import type { ComponentProps } from 'react'
import 'graphiql/style.css'
import { createRoot } from 'react-dom/client'
import { renewSession } from '../api'

const place = document.getElementById('explorer')
const root = place?.dataset.root ?? ''
// In other bundles the server puts it in: this one is a file as it is.
Object.assign(globalThis, { __ROOT_PATH__: root })

const WELCOME = `# For scripts: the schema is
# in the book at the left.
{
  viewer {
    username
    role { name }
  }
  projects(first: 10) {
    edges { node { name traceCount } }
  }
}
`

/** Passwords may stand in what is typed here: it is kept while the page is open, and nowhere else. */
function storageOfPage(): Storage {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  }
}

const post = (path: string, body?: object) =>
  fetch(`${root}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  })

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher']

/** Renews a session that has run out, once; whoever has none left is led to the sign-in. */
const ask: Fetcher = async (query) => {
  const sentAtMs = Date.now()
  let answer = await post('/graphql', query)
  if (answer.status === 401) {
    if (await renewSession(sentAtMs)) answer = await post('/graphql', query)
    else location.reload()
  }
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text)
  return { errors: [{ message: text || `The server answered ${answer.status}` }] }
}

if (place) {
  createRoot(place).render(
    <GraphiQL fetcher={ask} storage={storageOfPage()} defaultQuery={WELCOME} isHeadersEditorEnabled={false}>
      <GraphiQL.Logo>
        <a href={`${root}/`} style={{ color: 'inherit' }}>
          Bennu
        </a>
      </GraphiQL.Logo>
    </GraphiQL>,
  )
}
