import { cn } from './cn'

const BASE =
  'inline-flex shrink-0 cursor-pointer items-center justify-center gap-2 rounded-md border text-sm font-medium whitespace-nowrap select-none transition-colors disabled:cursor-default disabled:opacity-55 aria-disabled:not-data-waiting:opacity-80'

const VARIANTS = {
  primary: 'border-transparent bg-accent text-on-accent hover:bg-accent-hover active:bg-accent-hover',
  secondary: 'border-line bg-surface text-text hover:bg-raised active:bg-raised',
  quiet: 'border-transparent text-muted hover:bg-raised hover:text-text active:bg-raised',
  link: 'border-transparent text-accent hover:bg-raised active:bg-raised',
  danger: 'border-transparent bg-danger text-on-accent hover:bg-danger-hover active:bg-danger-hover',
} as const

const SIZES = { md: 'h-8 px-3', sm: 'h-7 px-2', icon: 'size-8', iconSm: 'size-7' } as const

export type ButtonVariant = keyof typeof VARIANTS
export type ButtonSize = keyof typeof SIZES

/** The look of a button, for links that act as one. */
export function buttonClass(variant: ButtonVariant = 'secondary', size: ButtonSize = 'md') {
  return cn(BASE, VARIANTS[variant], SIZES[size])
}
