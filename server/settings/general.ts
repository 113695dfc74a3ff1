/** What this server is, as the page of general settings shows it. */
import { sql } from 'drizzle-orm'
import { ANNOUNCED_VERSION, VERSION } from '#server/build-info'
import type { Ctx } from '#server/context'
import { describeDatabase } from '#server/db/describe'
import { can } from '#server/permissions'
import { knownPorts } from '#server/process/ports'
import type { GeneralSettings } from '#server/settings/model'
import { managementUrlFor } from '#server/users/management-link'
import { getOwnProfile } from '#server/users/profile'

/** What the page of general settings shows, without secrets. */
export async function getGeneralSettings(ctx: Ctx): Promise<GeneralSettings> {
  const { server, auth, database } = ctx.config
  return {
    version: VERSION,
    announcedVersion: ANNOUNCED_VERSION,
    database: {
      engine: database.dialect,
      describe: seesPlaces(ctx) ? describeDatabase(database) : null,
      sizeBytes: await databaseSize(ctx),
    },
    authEnabled: auth.enabled,
    basicAuth: auth.basicAuth,
    rootUrl: server.rootUrl,
    ports: knownPorts() ?? { web: server.port, grpc: server.grpcPort, otlpHttp: null, metrics: null },
    uptimeSeconds: Math.floor(process.uptime()),
    managementUrl: managementUrlFor(ctx.config, await getOwnProfile(ctx)),
  }
}

/** Hosts and folders help whoever runs the server, and whoever attacks it: they are for admins. */
function seesPlaces({ actor }: Ctx): boolean {
  return actor.kind === 'open' || can(actor, 'user.list')
}

/** What our tables take on disk, in bytes. The page is worth showing without it. */
async function databaseSize({ db, log }: Ctx): Promise<number | null> {
  try {
    const bytes = db.dialect.bytesOnDisk()
    const [row] = await db.read.select({ bytes }).from(sql`(select 1) as one`)
    return row?.bytes ?? null
  } catch (error) {
    log.warn({ err: error }, 'the database did not tell its size')
    return null
  }
}
