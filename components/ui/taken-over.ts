import { type RefCallback, useCallback, useEffect, useLayoutEffect, useRef } from 'react'

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
  const written = useRef(value)
  useLayoutEffect(() => {
    written.current = input.current?.value ?? written.current
  }, [])
  // Told only now: a form around the field listens from its own layout effects on, which run after those of the field.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it happens once, at the first commit
  useEffect(() => {
    if (written.current !== value) onChange(written.current)
  }, [])
  return useCallback(
    (node: HTMLInputElement | null) => {
      input.current = node
      return outer?.(node)
    },
    [outer],
  )
}
