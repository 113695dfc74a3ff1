import type { ReactNode } from 'react'
import { TraceDrawer } from '#components/traces/trace-drawer'

export default function DrawerLayout({ children }: { children: ReactNode }) {
  return <TraceDrawer>{children}</TraceDrawer>
}
