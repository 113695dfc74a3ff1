import { sql } from 'drizzle-orm'

/** Words as an SQL list, for check constraints. Only for words of our own. */
export const listWords = (words: readonly string[]) => sql.raw(words.map((word) => `'${word}'`).join(', '))
