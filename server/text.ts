/** Which texts every database can hold. */

/** Whether PostgreSQL and JSON can carry the text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}
