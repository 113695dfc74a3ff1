/** In which zone exact times are shown: kept in this browser, like the theme. */
import { keepLook, type LookKey, readLook } from './theme'

export type Zone = 'local' | 'utc'

const KEY: LookKey = 'bennu.zone'
let chosen: Zone | null = null

export function readZone(): Zone {
  chosen ??= readLook(KEY) === 'utc' ? 'utc' : 'local'
  return chosen
}

export function setZone(zone: Zone): void {
  chosen = zone
  keepLook(KEY, zone === 'local' ? null : zone)
}
