/** The mark and name of the product. */
export function Brand() {
  return (
    <span className="flex items-center gap-2 text-base font-semibold">
      <svg aria-hidden="true" viewBox="0 0 24 24" className="size-5">
        <rect width="24" height="24" rx="6" className="fill-accent" />
        <path
          d="M5 13h3l2.5-6 3.5 10 2.2-5H19"
          fill="none"
          strokeWidth="2"
          strokeLinecap="round"
          strokeLinejoin="round"
          className="stroke-on-accent"
        />
      </svg>
      Bennu
    </span>
  )
}
