/** Short confirmations in a corner of the page. What shows them is loaded with the first one. */

let wanted = false
const listeners = new Set<() => void>()
let markShown = () => {}
const shown = new Promise<void>((resolve) => {
  markShown = resolve
})

/** Says that something was done. */
export async function notify(sentence: string): Promise<void> {
  wanted = true
  for (const listener of listeners) listener()
  const [{ toast }] = await Promise.all([import('sonner'), shown])
  toast.success(sentence)
}

/** What follows when a mutation has succeeded: its dialog closes, and the corner says what was done. */
export const closeAndSay = (onClose: () => void, sentence: string): { onSuccess: () => void } => ({
  onSuccess: () => {
    onClose()
    void notify(sentence)
  },
})

/** Called once there is a place for toasts: what is said earlier would be lost. */
export const toastsAreShown = (): void => markShown()

export const hasToasts = (): boolean => wanted

/** For useSyncExternalStore. */
export function onFirstToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
