/**
 * Who may do what, written down by hand from the documents of the product and never made from PERMISSIONS: a change of
 * rights is a change of this file too.
 *
 * Columns: nobody signed in, authentication off, the warm-up's pages, a session by role, a person's key by scope and its
 * owner's role, a system key by scope and its own role, and PHOENIX_ADMIN_SECRET. `V M A` are VIEWER, MEMBER and ADMIN.
 * `:own` asks about what belongs to the caller; other lines about what does not, where that makes a difference.
 */
const MATRIX = `
                        nobody off  warm-up session       user key full       read          ingest  sys key full        read          ingest  secret
                                            V   M   A     V   M   A     V   M   A     V   M   A     V   M   A     V   M   A     V   M   A
project.read            no     yes  yes     yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
project.create          no     yes  no      no  yes yes   no  yes yes   no  no  no    no  no  no    no  yes yes   no  no  no    no  no  no    yes
project.update          no     yes  no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
project.delete          no     yes  no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
trace.read              no     yes  no      yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
trace.ingest            no     yes  no      no  yes yes   no  yes yes   no  no  no    no  yes yes   no  yes yes   no  no  no    no  yes yes   yes

profile.read            no     yes  no      yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
profile.update          no     no   no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
settings.read           no     yes  no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no

notice.list             no     yes  no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
mail.read               no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
mail.test               no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no

signInProvider.list     no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
signInProvider.explain  no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
signInProvider.test     no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
signInProvider.create   no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
signInProvider.update   no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
signInProvider.delete   no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
directory.read          no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
directory.test          no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
directory.compare       no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no

user.list               no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
user.create             no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
user.update             no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
user.delete             no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
identityBlock.list      no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
identityBlock.lift      no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes

audit.read              no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
audit.export            no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes

session.listOwn         no     no   no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
session.endOwn          no     no   no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
session.listAll         no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
session.endAny          no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes

userApiKey.listOwn      no     no   no      yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
userApiKey.create       no     no   no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
userApiKey.rotate:own   no     no   no      yes yes yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
userApiKey.rotate       no     no   no      no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no
userApiKey.delete:own   no     no   no      yes yes yes   yes yes yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
userApiKey.delete       no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
userApiKey.listAll      no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
systemApiKey.list       no     no   no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
systemApiKey.create     no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    yes
systemApiKey.rotate     no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    yes
systemApiKey.delete     no     no   no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes

secret.list             no     yes  no      no  no  yes   no  no  yes   no  no  yes   no  no  no    no  no  yes   no  no  yes   no  no  no    yes
secret.update           no     yes  no      no  no  yes   no  no  yes   no  no  no    no  no  no    no  no  yes   no  no  no    no  no  no    yes
secret.reveal           no     no   no      no  no  yes   no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no  no  no    no

graphql.use             no     yes  no      yes yes yes   yes yes yes   yes yes yes   no  no  no    yes yes yes   yes yes yes   no  no  no    yes
`

const ROLES = ['VIEWER', 'MEMBER', 'ADMIN'] as const
const SCOPES = ['full', 'read', 'ingest'] as const
type Role = (typeof ROLES)[number]
type Scope = (typeof SCOPES)[number]

/** The columns of the matrix, in its order. */
export type Column =
  | 'anonymous'
  | 'authentication off'
  | 'warm-up'
  | `session ${Role}`
  | `user key ${Role} ${Scope}`
  | `system key ${Role} ${Scope}`
  | 'admin secret'

const keys = <K extends 'user key' | 'system key'>(kind: K) =>
  SCOPES.flatMap((scope) => ROLES.map((role) => `${kind} ${role} ${scope}` as const))

export const COLUMNS: readonly Column[] = [
  'anonymous',
  'authentication off',
  'warm-up',
  ...ROLES.map((role) => `session ${role}` as const),
  ...keys('user key'),
  ...keys('system key'),
  'admin secret',
]

/** One line of the matrix: an action, or an action upon what is one's own. */
export interface ExpectedRow {
  action: string
  own: boolean
  allowed: ReadonlyMap<Column, boolean>
}

function readLine(line: string): ExpectedRow {
  const [name = '', ...cells] = line.trim().split(/\s+/)
  if (cells.length !== COLUMNS.length || !cells.every((cell) => cell === 'yes' || cell === 'no'))
    throw new Error(`The line of ${name} needs ${COLUMNS.length} cells of yes and no`)
  return {
    action: name.replace(':own', ''),
    own: name.endsWith(':own'),
    allowed: new Map(COLUMNS.map((column, index) => [column, cells[index] === 'yes'])),
  }
}

/** Every line of the matrix. */
export const EXPECTED: readonly ExpectedRow[] = MATRIX.split('\n')
  .slice(3)
  .filter((line) => line.trim() !== '')
  .map(readLine)

/** A row of the tables that say, in people's words, what an admin and a member may do. */
export interface DocumentRow {
  /** The row's own words. */
  words: string
  admin: boolean
  member: boolean
  /** The action that stands for it, and whether it is about what is one's own. */
  action: string
  own?: true
  /** The call that does it: its way through HTTP is tested too. */
  call: string
}

// biome-ignore format: tables are read by column
export const MUTATIONS: readonly DocumentRow[] = [
  { words: 'Create User',                 admin: true, member: false, action: 'user.create',                    call: 'POST /v1/users' },
  { words: 'Delete User',                 admin: true, member: false, action: 'user.delete',                    call: 'DELETE /v1/users/{another}' },
  { words: 'Change Own Password',         admin: true, member: true,  action: 'profile.update',                 call: 'PATCH /v1/user password' },
  { words: "Change Other's Password",     admin: true, member: false, action: 'user.update',                    call: 'PATCH /v1/users/{another} password' },
  { words: 'Change Own Username',         admin: true, member: true,  action: 'profile.update',                 call: 'PATCH /v1/user username' },
  { words: "Change Other's Username",     admin: true, member: false, action: 'user.update',                    call: 'PATCH /v1/users/{another} username' },
  { words: 'Create System API Keys',      admin: true, member: false, action: 'systemApiKey.create',            call: 'POST /v1/system/api_keys' },
  { words: 'Delete System API Keys',      admin: true, member: false, action: 'systemApiKey.delete',            call: 'DELETE /v1/system/api_keys/{key}' },
  { words: 'Create Own User API Keys',    admin: true, member: true,  action: 'userApiKey.create',              call: 'POST /v1/user/api_keys' },
  { words: 'Delete Own User API Keys',    admin: true, member: true,  action: 'userApiKey.delete', own: true,   call: 'DELETE /v1/user/api_keys/{own key}' },
  { words: "Delete Other's User API Keys", admin: true, member: false, action: 'userApiKey.delete',             call: "DELETE /v1/user/api_keys/{another's key}" },
]

// Reads that are not listed are open to both, as the rows `project.read` and `trace.read` of the matrix say.
// biome-ignore format: tables are read by column
export const QUERIES: readonly DocumentRow[] = [
  { words: 'List All System API Keys',              admin: true, member: false, action: 'systemApiKey.list',  call: 'GET /v1/system/api_keys' },
  { words: 'List All User API Keys',                admin: true, member: false, action: 'userApiKey.listAll', call: 'GET /v1/users/api_keys' },
  { words: 'List All Users',                        admin: true, member: false, action: 'user.list',          call: 'GET /v1/users' },
  { words: "Fetch Other User's Info, e.g. emails",  admin: true, member: false, action: 'user.list',          call: 'GET /ui/users/{another}' },
]

/** Rows of those tables for which nothing is built. Every row stands for something that exists. */
export const NOT_BUILT: readonly string[] = []

/** Said above both tables: neither an admin nor a member changes an e-mail address. */
export const NEVER_FOR_ANYBODY = ['Change an e-mail address'] as const
