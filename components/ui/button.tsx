'use client'
import { LoaderCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components/Button'
import { type ButtonSize, type ButtonVariant, buttonClass } from './button-class'
import { cn } from './cn'

export interface ButtonProps extends Omit<AriaProps, 'className' | 'children' | 'style'> {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: ReactNode
  children?: ReactNode
  className?: string
}

/** A button. While `isPending` it keeps its width, shows a spinner and ignores presses. */
export function Button({
  variant = 'secondary',
  size = 'md',
  icon,
  children,
  className,
  ...props
}: ButtonProps) {
  return (
    <AriaButton {...props} className={cn(buttonClass(variant, size), className)}>
      {props.isPending ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : icon}
      {children}
    </AriaButton>
  )
}
