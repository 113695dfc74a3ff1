/** A part of Settings that does not exist leads to the general one, as a forbidden one does. */
export { default } from '../page'

export const dynamic = 'force-dynamic'
