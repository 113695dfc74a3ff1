/** Pieces of query schemas that many REST routes share. They read text and say so in the OpenAPI document. */
import { z } from 'zod'
import 'zod-openapi'
import { AppError } from '#server/errors'
import { decodeGlobalId } from '#server/global-id'
import { isStorable } from '#server/text'
import { parseTime } from '#server/wire-time'

/** Text from a query; NUL and broken surrogates are refused because no database holds them. */
export const QueryText = z.string().refine(isStorable, 'Must not hold a null byte')

/** A repeated parameter. */
export const QueryTexts = z.array(QueryText).max(1000, 'At most 1000 values').optional()

/** Text that may be left out. */
export const OptionalQueryText = QueryText.optional()

/** The place to go on from, as `next_cursor` gave it. Empty counts as absent. */
export const CursorParam = QueryText.optional()

/** A row id in a path, as our own pages write it. */
export const RowId = z
  .string()
  .regex(/^\d{1,15}$/, 'Must be a row id')
  .transform(Number)

/** How many rows a page may have: above zero, `max` at most. */
export function limitParam(options: { default: number; max?: number }) {
  const { default: usual, max = Number.MAX_SAFE_INTEGER } = options
  return z
    .string()
    .transform((text) => (/^\s*\+?\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN))
    .refine((value) => Number.isSafeInteger(value) && value > 0, 'Must be an integer greater than 0')
    .refine((value) => !(value > max), `Must be at most ${max}`)
    .optional()
    .transform((value) => value ?? usual)
    .meta({
      override: {
        type: 'integer',
        exclusiveMinimum: 0,
        default: usual,
        ...(options.max === undefined ? {} : { maximum: max }),
      },
    })
}

/** `true` and `false` in any case, `1` and `0`. */
export const FlagParam = z
  .string()
  .transform((text) => FLAGS[text.trim().toLowerCase()])
  .refine((value) => value !== undefined, 'Must be true or false')
  .optional()
  .transform((value) => value ?? false)
  .meta({ override: { type: 'boolean', default: false } })

const FLAGS: Record<string, boolean | undefined> = { true: true, '1': true, false: false, '0': false }

/** ISO 8601 as microseconds since 1970; UTC where no offset is given. */
export const TimeParam = z
  .string()
  .transform((text) => parseTime(text) ?? Number.NaN)
  .refine((value) => !Number.isNaN(value), 'Must be a time in ISO 8601')
  .optional()
  .meta({ override: { type: 'string', format: 'date-time' } })

/**
 * The row id of a cursor: the GlobalID, of whatever type, of the first row of the page asked for.
 * @throws AppError invalid
 */
export function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === '') return null
  const id = decodeGlobalId(cursor)
  if (!id) throw invalidCursor(cursor)
  return id.rowId
}

/** The refusal of a cursor that we did not hand out. */
export function invalidCursor(cursor: string): AppError {
  return new AppError('invalid', `Invalid cursor format: ${JSON.stringify(cursor.slice(0, 100))}`)
}
