/** What the supervisor and its children say to each other over the IPC channel. */
import type { Config } from '#server/config/model'
import type { Ports } from '#server/process/ports'

export const PROCESS_NAMES = ['web', 'collector'] as const
export type ProcessName = (typeof PROCESS_NAMES)[number]

export type MessageToChild =
  /** The first message: everything the child may know. It reads no variables itself. */
  | { kind: 'start'; config: Config; dev: boolean; speaksForAll: boolean }
  /** Whether everything this command was asked to run listens, and where; sent on each change. */
  | { kind: 'ready'; ready: boolean; ports: Ports }
  /** Tell the metrics, under this number. */
  | { kind: 'metrics'; id: number }
  /** Look at the certificate files now. */
  | { kind: 'reload' }
  /** Take nothing new, finish what was taken, exit 0. */
  | { kind: 'stop' }

export type MessageFromChild =
  /** The child serves on this port, and OTLP over HTTP on another one if it has one for that. */
  | { kind: 'listening'; port: number; otlpHttpPort: number | null }
  /** The child cannot start and is about to exit 1, for this reason. */
  | { kind: 'failed'; sentence: string }
  /** The metrics that were asked for under this number. */
  | { kind: 'metrics'; id: number; text: string }
