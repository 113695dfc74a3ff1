import { type RefCallback, useCallback, useLayoutEffect, useRef } from 'react'

/**
 * Keeps what a person or a password manager wrote into a field before the script took over: the next drawing would wipe it.
 * @returns the field's ref
 */
export function useTakenOver(
  value: string,
  onChange: (value: string) => void,
  outer?: RefCallback<HTMLInputElement>,
): RefCallback<HTMLInputElement> {
  const input = useRef<HTMLInputElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it happens once, at the first commit
  useLayoutEffect(() => {
    const written = input.current?.value ?? value
    if (written !== value) onChange(written)
  }, [])
  return useCallback(
    (node: HTMLInputElement | null) => {
      input.current = node
      return outer?.(node)
    },
    [outer],
  )
}
