let region: HTMLElement | null = null

/** Has a screen reader say a sentence that others see happen. The region that it listens to is made for the first one. */
export function announce(sentence: string): void {
  if (!region) {
    region = document.createElement('div')
    region.className = 'sr-only'
    region.setAttribute('aria-live', 'polite')
    // Dialogs hide the rest of the page from readers, but not this.
    region.dataset.liveAnnouncer = 'true'
    document.body.append(region)
  }
  const place = region
  place.textContent = ''
  // A text that was there from the start, or that does not change, is not read.
  setTimeout(() => {
    place.textContent = sentence
  }, 50)
}
