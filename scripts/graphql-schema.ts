/** Writes schema.graphql from the code that makes the schema: `npm run graphql:schema`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { schemaText } from '#server/graphql/schema'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../schema.graphql', import.meta.url), schemaText())
}
