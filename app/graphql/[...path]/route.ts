import { nothingHere } from '#app/_lib/nothing-here'

// The files of the explorer are found before this is asked.
export {
  nothingHere as DELETE,
  nothingHere as GET,
  nothingHere as PATCH,
  nothingHere as POST,
  nothingHere as PUT,
}
