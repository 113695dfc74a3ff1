/** What follows from a comparison with the directory. Pure: it neither asks nor changes anything. */
import type { NotLet, Verdict } from '#server/ldap/sync-model'
import type { Role } from '#server/permissions'

/** An account as it is here. */
export interface KnownAccount {
  userId: number
  role: Role
  disabled: boolean
  /** Whether the directory did that; what an admin did it does not take back. */
  disabledByDirectory: boolean
}

export interface SyncPlan {
  disable: { userId: number; why: NotLet }[]
  enable: { userId: number; role: Role }[]
  changeRole: { userId: number; role: Role }[]
  unclear: number
  /** Too many would be disabled at once, or nobody was found at all: nothing of this plan is to be done. */
  isStopped: boolean
}

/** So few may always be disabled at once … */
const ALWAYS_FEWER_THAN = 5
/** … and more than that as long as they are at most this part of all who may come in. */
const LARGEST_SHARE = 0.2

/**
 * What is to be done so that accounts are as the directory says. An account of which it says nothing stays as it is. So
 * does one that an admin has disabled.
 */
export function planSync(known: readonly KnownAccount[], said: ReadonlyMap<number, Verdict>): SyncPlan {
  const plan: SyncPlan = { disable: [], enable: [], changeRole: [], unclear: 0, isStopped: false }
  for (const account of known) {
    const verdict = said.get(account.userId) ?? { kind: 'unclear' }
    if (account.disabled && !account.disabledByDirectory) continue
    if (verdict.kind === 'unclear') plan.unclear += 1
    else if (verdict.kind === 'not-let') planRefusal(plan, account, verdict.why)
    else planReturn(plan, account, verdict.role)
  }
  const usable = known.filter(({ disabled }) => !disabled).length
  const isEmptyAnswer =
    usable > 1 && plan.disable.filter(({ why }) => why === 'directory-gone').length === usable
  const areMany = plan.disable.length >= ALWAYS_FEWER_THAN && plan.disable.length > usable * LARGEST_SHARE
  plan.isStopped = areMany || isEmptyAnswer
  return plan
}

function planRefusal(plan: SyncPlan, { userId, disabled }: KnownAccount, why: NotLet): void {
  if (!disabled) plan.disable.push({ userId, why })
}

function planReturn(plan: SyncPlan, { userId, disabled, role: before }: KnownAccount, role: Role): void {
  if (disabled) plan.enable.push({ userId, role })
  else if (role !== before) plan.changeRole.push({ userId, role })
}
