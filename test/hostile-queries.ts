/** Queries that cost far more than they look, each with what is said of it. */
export const times = (count: number, part: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => part(n)).join(' ')
/** Trace and session lead to each other. */
export const nested = (depth: number) =>
  `{ getSpanByOtelId(spanId: "x") { ${'trace { rootSpan { '.repeat(depth / 2)}name${' } }'.repeat(depth / 2)} } }`
const bomb = (levels: number) =>
  `{ viewer { ...f0 } } ${times(levels, (n) => `fragment f${n} on User { ...f${n + 1} ...f${n + 1} }`)} fragment f${levels} on User { id }`

// biome-ignore format: a table is read by column
export const HOSTILE: [name: string, query: string, sentence: RegExp][] = [
  ['depth 14', nested(14), /levels deep/],
  ['depth 500', nested(500), /levels deep|too long/],
  ['depth 80,000', nested(80_000), /too long/],
  ['brackets without end', '{a'.repeat(300_000), /too long/],
  ['a value without end', `{ node(id: ${'['.repeat(1_900)}`, /too long|Syntax Error/],
  ['40,000 aliases', `{ ${times(40_000, (n) => `a${n}: __typename`)} }`, /too long/],
  ['1,500 fields of one name', `{ ${'viewer '.repeat(1_500)} }`, /fields of one name/],
  ['a fragment in a circle', '{ viewer { ...a } } fragment a on User { id ...a }', /leads back to itself/],
  ['two fragments in a circle', '{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }', /leads back to itself/],
  ['an unused fragment in a circle', '{ viewer { id } } fragment a on User { ...a }', /leads back to itself/],
  ['fragments that double 40 times', bomb(40), /fields of one name/],
  ['10,001 projects', '{ projects(first: 10001) { edges { cursor } } }', /10000 objects/],
  ['101 × 100 spans', '{ projects(first: 101) { edges { node { spans(first: 100) { edges { cursor } } } } } }', /10000 objects/],
  ['the last 20,000 accounts', '{ users(last: 20000) { edges { cursor } } }', /10000 objects/],
  ['keys of accounts of keys', '{ users { edges { node { apiKeys { user { apiKeys { user { apiKeys { user { apiKeys { id } } } } } } } } } } }', /10000 objects/],
  ['all keys 300 times', `{ ${times(300, (n) => `a${n}: userApiKeys { id }`)} }`, /10000 objects/],
  ['introspection in circles', '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }', /introspection/i],
  ['introspection by aliases', `{ __schema { ${times(60, (n) => `a${n}: types { name }`)} } }`, /fields of one name/],
  ['introspection many times', `{ ${times(40, (n) => `a${n}: __schema { types { name } }`)} }`, /fields of one name/],
  ['11 mutations', `mutation { ${times(11, (n) => `a${n}: deleteUsers(input: { userIds: [] }) { userIds }`)} }`, /At most 10 mutations/],
  ['11 mutations in a fragment', `mutation { ...F } fragment F on Mutation { ${times(11, (n) => `a${n}: deleteUsers(input: { userIds: [] }) { userIds }`)} }`, /At most 10 mutations/],
  ['11 mutations in a fragment without a name', `mutation { ... { ${times(11, (n) => `a${n}: deleteUsers(input: { userIds: [] }) { userIds }`)} } }`, /At most 10 mutations/],
  ['a length by default', 'query($n: Int! = 2000000000) { projects(first: $n) { edges { node { spans(first: $n) { edges { cursor } } } } } }', /10000 objects/],
  ['a length from the end by default', 'query($n: Int = 2000000000) { users(last: $n) { edges { cursor } } }', /10000 objects/],
  ['a field 600 times for each of 9,000 spans', `{ projects(first: 1) { edges { node { spans(first: 9000) { edges { node { ${times(600, (n) => `a${n}: name`)} } } } } } } }`, /200000 values/],
  ['200 quantiles of 5,000 projects', `{ projects(first: 5000) { edges { node { ${times(200, (n) => `a${n}: latencyMsQuantile(probability: 0.5)`)} } } } }`, /200000 values/],
]
