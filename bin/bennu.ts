#!/usr/bin/env node
/** The command line. Each command loads what it needs when it runs, so that none pays for another. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { VERSION } from '#server/build-info'
import { PROCESS_NAMES } from '#server/process/messages'

const databaseUrl = new Option('--database-url <url>', 'in place of PHOENIX_SQL_DATABASE_URL')

const program = new Command('bennu')
  .description('A self-hosted server that collects LLM traces and guards them.')
  .version(VERSION)
  .showHelpAfterError()

program
  .command('serve')
  .description('migrate the database, then serve pages, REST and OTLP until told to stop')
  .addOption(new Option('--only <process>', 'run one of the processes').choices(PROCESS_NAMES))
  .option('--host <address>', 'in place of PHOENIX_HOST')
  .option('--port <number>', 'in place of PHOENIX_PORT')
  .option('--grpc-port <number>', 'in place of PHOENIX_GRPC_PORT')
  .addOption(databaseUrl)
  .addOption(new Option('--dev', 'serve pages from their sources').hideHelp())
  .action(async (flags) => (await import('./commands/serve')).serve(flags))

program
  .command('config')
  .description('print the effective configuration, secrets masked')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/config')).printConfig(flags))

const db = program.command('db').description('look after the database')
db.command('migrate')
  .description('bring the tables up to date')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/database')).migrateDatabase(flags))
db.command('downgrade')
  .description('undo migrations')
  .requiredOption('--to <number>', 'the migration to end at; 0 removes every table', parseStep)
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/database')).downgradeDatabase(flags))
db.command('status')
  .description('list the migrations and which of them are applied')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/database')).printStatus(flags))
db.command('reindex')
  .description('count the sums of traces, sessions and projects anew; a server may run meanwhile')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/reindex')).reindexDatabase(flags))

const secret = program.command('secret').description('look after what is encrypted')
secret
  .command('rotate')
  .description('encrypt everything anew under PHOENIX_SECRET; servers may run meanwhile')
  .option('--dry-run', 'only say what would be done')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/secret')).rotate(flags))
secret
  .command('check')
  .description('say what is encrypted under which secret, and what cannot be read')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/secret')).check(flags))

const users = program.command('users').description('look after accounts')
users
  .command('list')
  .description('print every account, a line each, tab-separated')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/users')).listAccounts(flags))
users
  .command('create <email>')
  .description('make an account with a random password, to be changed at the first sign-in, and print it')
  .option('--name <name>', 'what others see; the part of the address before the @ when left out')
  .option('--role <role>', 'VIEWER, MEMBER or ADMIN', 'MEMBER')
  .addOption(databaseUrl)
  .action(async (email, flags) => (await import('./commands/users')).createAccount(email, flags))
users
  .command('disable <email>')
  .description('refuse the sessions, keys and sign-ins of an account, and keep it')
  .option('--reason <text>', 'for other admins')
  .addOption(databaseUrl)
  .action(async (email, flags) => (await import('./commands/users')).switchAccount(email, flags, true))
users
  .command('enable <email>')
  .description('let a disabled account in again')
  .addOption(databaseUrl)
  .action(async (email, flags) => (await import('./commands/users')).switchAccount(email, flags, false))
users
  .command('reset-password <email>')
  .description('set a new random password, to be changed at the next sign-in, and print it')
  .option('--mail', 'mail a link to choose one instead')
  .addOption(databaseUrl)
  .action(async (email, flags) => (await import('./commands/users')).resetPassword(email, flags))

const audit = program.command('audit').description('look after the audit log')
audit
  .command('verify')
  .description(
    'read the whole audit log and say whether it is the one that was written; a server may run meanwhile',
  )
  .option(
    '--head <count:hash>',
    'the head at an earlier time, as `audit head` or the log of the server told it',
    parseHead,
  )
  .option('--skip-unreadable', 'entries whose key no configured secret opens are no fault')
  .option(
    '--skip-unproven <entry>',
    'entries up to this number are known to be from before PHOENIX_SECRET was set, and no fault',
    parseStep,
  )
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/audit')).verifyAudit(flags))
audit
  .command('head')
  .description('print how long the audit log is and its newest hash')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/audit')).printHead(flags))
audit
  .command('erase')
  .description('blank the names and addresses of somebody whose account was deleted')
  .option('--email <address>', 'their e-mail address')
  .option('--username <name>', 'their name')
  .option('--user <number>', 'the number of their account', parseStep)
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/audit')).eraseFromAudit(flags))

audit
  .command('new-key')
  .description('give up the key of the audit log when its PHOENIX_SECRET is lost, and go on under a new one')
  .option('--give-up-old-key', 'yes: the entries so far can be checked only with the lost secret')
  .addOption(databaseUrl)
  .action(async (flags) => (await import('./commands/audit')).renewAuditKey(flags))

function parseStep(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return Number(text)
}

function parseHead(text: string): { count: number; hash: string } {
  const parts = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text.trim())
  if (!parts) throw new InvalidArgumentError('It must be a count and a hash: 1234:0a1b…, 64 digits of it.')
  return { count: Number(parts[1]), hash: (parts[2] as string).toLowerCase() }
}

program.parseAsync().catch(async (error: unknown) => {
  const { printFailure } = await import('./commands/failure')
  printFailure(error)
  process.exit(1)
})
