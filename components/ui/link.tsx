import NextLink from 'next/link'
import type { ComponentProps } from 'react'
import { cn } from './cn'

export type LinkProps = ComponentProps<typeof NextLink> & { href: string }

/** A link inside the app. The framework adds the path prefix; nothing is fetched before it is wanted. */
export function Link({ prefetch = false, ...props }: LinkProps) {
  return <NextLink prefetch={prefetch} {...props} />
}

/** A link in running text. */
export function TextLink({ className, ...props }: LinkProps) {
  return (
    <Link {...props} className={cn('rounded-sm text-accent underline-offset-2 hover:underline', className)} />
  )
}
