/** The route files under /v1, for the OpenAPI document. A test compares the list with the folder. */
import type { RouteModule } from '#server/openapi'
import * as auditEntry from '../v1/audit/[entry_number]/route'
import * as auditExport from '../v1/audit/export/route'
import * as audit from '../v1/audit/route'
import * as project from '../v1/projects/[project_identifier]/route'
import * as otlpSpans from '../v1/projects/[project_identifier]/spans/otlpv1/route'
import * as spans from '../v1/projects/[project_identifier]/spans/route'
import * as projects from '../v1/projects/route'
import * as secrets from '../v1/secrets/route'
import * as systemApiKeyPrevious from '../v1/system/api_keys/[api_key_id]/previous/route'
import * as systemApiKeyRotation from '../v1/system/api_keys/[api_key_id]/rotate/route'
import * as systemApiKey from '../v1/system/api_keys/[api_key_id]/route'
import * as systemApiKeys from '../v1/system/api_keys/route'
import * as ownApiKeyPrevious from '../v1/user/api_keys/[api_key_id]/previous/route'
import * as ownApiKeyRotation from '../v1/user/api_keys/[api_key_id]/rotate/route'
import * as ownApiKey from '../v1/user/api_keys/[api_key_id]/route'
import * as ownApiKeys from '../v1/user/api_keys/route'
import * as user from '../v1/user/route'
import * as oneUser from '../v1/users/[user_id]/route'
import * as usersApiKeys from '../v1/users/api_keys/route'
import * as users from '../v1/users/route'

export const ROUTES: readonly RouteModule[] = [
  { path: '/v1/audit', module: audit },
  { path: '/v1/audit/export', module: auditExport },
  { path: '/v1/audit/{entry_number}', module: auditEntry },
  { path: '/v1/projects', module: projects },
  { path: '/v1/projects/{project_identifier}', module: project },
  { path: '/v1/projects/{project_identifier}/spans', module: spans },
  { path: '/v1/projects/{project_identifier}/spans/otlpv1', module: otlpSpans },
  { path: '/v1/secrets', module: secrets },
  { path: '/v1/system/api_keys', module: systemApiKeys },
  { path: '/v1/system/api_keys/{api_key_id}', module: systemApiKey },
  { path: '/v1/system/api_keys/{api_key_id}/previous', module: systemApiKeyPrevious },
  { path: '/v1/system/api_keys/{api_key_id}/rotate', module: systemApiKeyRotation },
  { path: '/v1/user', module: user },
  { path: '/v1/user/api_keys', module: ownApiKeys },
  { path: '/v1/user/api_keys/{api_key_id}', module: ownApiKey },
  { path: '/v1/user/api_keys/{api_key_id}/previous', module: ownApiKeyPrevious },
  { path: '/v1/user/api_keys/{api_key_id}/rotate', module: ownApiKeyRotation },
  { path: '/v1/users', module: users },
  { path: '/v1/users/{user_id}', module: oneUser },
  { path: '/v1/users/api_keys', module: usersApiKeys },
]
