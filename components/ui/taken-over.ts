import { type RefCallback, useCallback, useEffect, useRef } from 'react'

/**
 * Keeps what a person or a password manager wrote into a field before the script took over: the next drawing would wipe it.
 * @returns the field's ref
 */
export function useTakenOver(
  value: string,
  onChange: (value: string) => void,
  outer?: RefCallback<HTMLInputElement>,
): RefCallback<HTMLInputElement> {
  const written = useRef<string | null>(null)
  // Told only now: a form around the field listens from its own layout effects on, which come after the field's ref.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it happens once, at the first commit
  useEffect(() => {
    if (written.current !== null && written.current !== value) onChange(written.current)
  }, [])
  return useCallback(
    (node: HTMLInputElement | null) => {
      if (node) written.current ??= node.value
      return outer?.(node)
    },
    [outer],
  )
}
