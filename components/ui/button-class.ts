import { cn } from './cn'

const BASE =
  'inline-flex shrink-0 cursor-pointer items-center justify-center gap-2 rounded-md border text-sm font-medium whitespace-nowrap select-none transition-colors data-disabled:cursor-default data-disabled:opacity-55'

const VARIANTS = {
  primary:
    'border-transparent bg-accent text-on-accent data-hovered:bg-accent-hover data-pressed:bg-accent-hover',
  secondary: 'border-line bg-surface text-text data-hovered:bg-raised data-pressed:bg-raised',
  quiet: 'border-transparent text-muted data-hovered:bg-raised data-hovered:text-text data-pressed:bg-raised',
  danger:
    'border-transparent bg-danger text-on-accent data-hovered:bg-danger-hover data-pressed:bg-danger-hover',
} as const

const SIZES = { md: 'h-8 px-3', sm: 'h-7 px-2', icon: 'size-8', iconSm: 'size-7' } as const

export type ButtonVariant = keyof typeof VARIANTS
export type ButtonSize = keyof typeof SIZES

/** The look of a button, for links that act as one. */
export function buttonClass(variant: ButtonVariant = 'secondary', size: ButtonSize = 'md') {
  return cn(BASE, VARIANTS[variant], SIZES[size])
}
