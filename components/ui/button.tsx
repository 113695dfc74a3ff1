'use client'
import { LoaderCircle } from 'lucide-react'
import { type ComponentProps, type ReactNode, useSyncExternalStore } from 'react'
import { type ButtonSize, type ButtonVariant, buttonClass } from './button-class'
import { cn } from './cn'

export interface ButtonProps
  extends Omit<ComponentProps<'button'>, 'children' | 'style' | 'onClick' | 'disabled'> {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: ReactNode
  children?: ReactNode
  onPress?: () => void
  isDisabled?: boolean
  /** Something is under way: a spinner, and presses are ignored while the focus stays. */
  isPending?: boolean
}

/** A button: the native one, which every browser and reader knows. */
export function Button(props: ButtonProps) {
  const {
    variant = 'secondary',
    size = 'md',
    icon,
    children,
    className,
    onPress,
    isDisabled,
    isPending,
    ...rest
  } = props
  const isWaiting = !useHasScript() && props.type === 'submit'
  return (
    <button
      type="button"
      {...rest}
      disabled={isDisabled}
      // Until the script has taken over nobody listens to the form.
      aria-disabled={isPending || isWaiting || undefined}
      data-waiting={isWaiting || undefined}
      onClick={(event) => {
        if (isPending) event.preventDefault()
        else onPress?.()
      }}
      className={cn(buttonClass(variant, size), className)}
    >
      {isPending ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : icon}
      {children}
    </button>
  )
}

/** Whether the script of the page has taken over what the server sent. */
const useHasScript = () =>
  useSyncExternalStore(
    neverChanges,
    () => true,
    () => false,
  )

const neverChanges = () => () => {}
