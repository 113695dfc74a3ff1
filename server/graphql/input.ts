/** Inputs are held to the very schemas of REST, so that the same rules apply. */
import type { z } from 'zod'
import { AppError, isAppError } from '#server/errors'
import { decodeGlobalId, type GlobalIdType } from '#server/global-id'

/**
 * The input in the form of the body that REST takes, checked.
 * @throws AppError invalid, with what is wrong in sentences
 */
export function parseAs<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const sentences = new Set(parsed.error.issues.map(({ message }) => message))
  throw new AppError('invalid', [...sentences].join('. '))
}

/**
 * The row id in an id of this type.
 * @throws AppError not_found, with the sentence, for any other text: there is no such thing
 */
export function rowIdOf(type: GlobalIdType, id: string, sentence: string): number {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== type) throw new AppError('not_found', sentence)
  return decoded.rowId
}

/** Runs `work`; what it refuses is said in other words, which scripts look for. */
export async function inWords<T>(
  words: Readonly<Record<string, string>>,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isAppError(error)) throw error
    let sentence = error.message
    for (const [ours, theirs] of Object.entries(words)) sentence = sentence.replaceAll(ours, theirs)
    throw new AppError(error.kind, sentence, { code: error.code, cause: error })
  }
}
