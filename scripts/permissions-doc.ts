/** Writes docs/permissions.md from the table that the program decides by: `npm run docs:permissions`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Action, type Cell, can, PERMISSIONS, ROLES } from '#server/permissions'

/** What the actions are, in people's words. */
const WORDS: Record<Action, string> = {
  'project.read': 'see projects',
  'project.create': 'make a project',
  'project.update': 'change a project',
  'project.delete': 'delete a project',
  'trace.read': 'see traces, spans and their contents',
  'trace.ingest': 'send spans',
  'profile.read': 'see your own account',
  'profile.update': 'change your own name or password',
  'settings.read': 'see the general settings',
  'notice.list': 'see what is wrong with the server',
  'mail.read': 'see how mail is set up',
  'mail.test': 'send a test mail',
  'signInProvider.list': 'see the identity providers and how they are set up',
  'signInProvider.explain': 'see what the last sign-ins through a provider brought',
  'signInProvider.test': 'ask a provider what it offers',
  'signInProvider.create': 'add an identity provider',
  'signInProvider.update': 'change, order, switch on and off the providers that were added',
  'signInProvider.delete': 'delete a provider that was added',
  'directory.read': 'see how the directory is set up and whom it refused',
  'directory.test': 'test the connection to the directory',
  'directory.compare': 'compare accounts with the directory now',
  'user.list': 'see accounts and their addresses',
  'user.create': 'make an account',
  'user.update': "change an account's name, role or password, disable it",
  'user.delete': 'delete an account, and block its address',
  'identityBlock.list': 'see how many addresses are blocked, and by whom',
  'identityBlock.lift': 'let a blocked address back in',
  'audit.read': 'see the audit log',
  'audit.export': 'download the audit log, which is itself recorded',
  'session.listOwn': 'see where you are signed in',
  'session.endOwn': 'sign out elsewhere',
  'session.listAll': 'see where anybody is signed in',
  'session.endAny': 'end anybody’s sessions',
  'userApiKey.listOwn': 'see your own keys',
  'userApiKey.create': 'make a key of your own',
  'userApiKey.rotate': 'give a key of your own a new value',
  'userApiKey.delete': 'delete a key of a person',
  'userApiKey.listAll': 'see everybody’s keys',
  'systemApiKey.list': 'see system keys',
  'systemApiKey.create': 'make a system key',
  'systemApiKey.rotate': 'give a system key a new value',
  'systemApiKey.delete': 'delete a system key',
  'secret.list': 'see the names of stored secrets',
  'secret.update': 'set and delete stored secrets',
  'secret.reveal': 'read the values of stored secrets by GraphQL, which is itself recorded',
  'graphql.use': 'send a GraphQL query; every operation in it asks for its own right',
}

const GROUPS: [string, string[]][] = [
  ['Traces', ['project', 'trace']],
  ['Your own account', ['profile', 'settings']],
  ['The server', ['notice', 'mail', 'directory']],
  ['Identity providers', ['signInProvider']],
  ['Accounts', ['user', 'identityBlock']],
  ['Audit log', ['audit']],
  ['Sessions', ['session']],
  ['API keys', ['userApiKey', 'systemApiKey']],
  ['Stored secrets', ['secret']],
  ['GraphQL', ['graphql']],
]

const actionsOfWarmUp = () =>
  (Object.keys(PERMISSIONS) as Action[]).filter((action) => can({ kind: 'warmUp' }, action))

const HEAD = `# Permissions

<!-- Written by \`npm run docs:permissions\` from server/permissions.ts. -->

Who may do what. The server decides by this very table, on every request and in every process; the pages show what it
allows. Whoever has no credential, or a bad one, may do nothing (401); the rest is refused with 403.

- **VIEWER, MEMBER, ADMIN**: a person who is signed in, by role. "own" is about what belongs to oneself.
- **A person's key** has the role of its owner at the moment of the request; **a system key** the role that was chosen for
  it. The cell names the least role that may.
- **Scope**: what the key must have been made for. \`full\` keys may do all that their role may, \`read\` keys what says
  read, \`ingest\` keys what says ingest.
- **Admin secret**: \`PHOENIX_ADMIN_SECRET\` as a bearer.
- **No accounts**: everybody, while authentication is off. Whatever has to do with accounts is refused then.

A session that must change its password first sees and changes its own account and nothing else, unless
\`BENNU_FORCED_RESET=ui\`.
`

const FOOT = () => `
After a start the server makes some pages a few dozen times, so that the first person does not wait for them. To make them
it may, without a person: ${actionsOfWarmUp()
  .map((action) => WORDS[action])
  .join(', ')}. No request from outside can claim that.

Besides the table: the default admin keeps its role and cannot be deleted, nobody changes their own role or disables or
deletes their own account, and the last admin who can sign in stays one. Nobody changes an e-mail address. See
[users.md](users.md) and [api-keys.md](api-keys.md).
`

const COLUMNS = [
  '',
  'VIEWER',
  'MEMBER',
  'ADMIN',
  'A person’s key',
  'A system key',
  'Scope',
  'Admin secret',
  'No accounts',
]

/** The page as it must be. */
export function permissionsDoc(): string {
  const tables = GROUPS.map(([title, nouns]) => {
    const actions = (Object.keys(PERMISSIONS) as Action[]).filter((action) =>
      nouns.includes(action.split('.')[0] as string),
    )
    const rows = actions.map((action) => line([WORDS[action], ...cellsOf(action)]))
    return [`\n## ${title}\n`, line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows].join('\n')
  })
  return `${HEAD}${tables.join('\n')}\n${FOOT()}`
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`

function cellsOf(action: Action): string[] {
  const { need, userKey, systemKey, adminSecret, open } = PERMISSIONS[action]
  const session = (role: (typeof ROLES)[number]) => {
    const actor = {
      kind: 'session',
      role,
      userId: 1,
      mustReset: false,
      accessTokenId: 1,
      sessionId: 1,
    } as const
    if (can(actor, action)) return 'yes'
    return can(actor, action, true) ? 'own' : '–'
  }
  const isForKeys = userKey !== false || systemKey !== false
  return [
    ...ROLES.map(session),
    keyCell(userKey),
    keyCell(systemKey),
    isForKeys ? need : '',
    adminSecret ? 'yes' : '–',
    open ? 'yes' : '–',
  ]
}

function keyCell(cell: Cell): string {
  if (typeof cell === 'boolean') return cell ? 'yes' : '–'
  if (typeof cell === 'string') return cell
  return cell.any === false ? `own: ${cell.own}` : `own: ${cell.own}, any: ${cell.any}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/permissions.md', import.meta.url), permissionsDoc())
}
