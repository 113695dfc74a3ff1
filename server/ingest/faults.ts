/** Whose fault an error of the database is. */
import { errorCodes, errorMessages } from '#server/db/error-codes'
import { isMissingPartition } from '#server/db/partitions.postgres'

/** The row that a new one refers to has gone: a project was deleted meanwhile. Asked again, it is made anew. */
const LOST_PARENT = new Set(['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY'])
/** PostgreSQL: data exceptions, violated constraints, limits of the program. SQLite: the same by name. */
const DATA_FAULT = /^(22|23|54)[0-9A-Z]{3}$|^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/
/** SQLite's driver says this without a code. Any other RangeError is a fault of ours: a sum that outgrew its form, say. */
const TOO_BIG_TO_BIND = 'The bound string, buffer, or bigint is too big'

/**
 * PostgreSQL: a missing right or table, an operator or a time limit, the system around it, a damaged page. SQLite: the same
 * by name, a disk that fails among them (a full quota is SQLITE_IOERR_WRITE). Not the want of memory: one huge span may be
 * all that causes it.
 */
const SURROUNDINGS =
  /^(28|3D|3F|42|55|57|58)[0-9A-Z]{3}$|^XX00[12]$|^SQLITE_(AUTH|CANTOPEN|CORRUPT|IOERR(?!_NOMEM)|NOTADB|PERM|READONLY)/

/** Whether the error says that the database cannot store just now, whatever it is given; some of it may go in all the same. */
export function isFaultOfSurroundings(error: unknown): boolean {
  return isMissingPartition(error) || errorCodes(error).some((code) => SURROUNDINGS.test(code))
}

/**
 * Whether the error comes from what was to be stored, so that leaving a span out lets the others in. Anything else
 * (a missing right, a missing partition, a read-only disk, a fault of ours) would refuse every span alike and condemns
 * none.
 */
export function isFaultOfData(error: unknown): boolean {
  if (isMissingPartition(error)) return false
  const codes = errorCodes(error)
  if (codes.some((code) => LOST_PARENT.has(code))) return false
  if (codes.length > 0) return codes.some((code) => DATA_FAULT.test(code))
  return errorMessages(error).includes(TOO_BIG_TO_BIND)
}
