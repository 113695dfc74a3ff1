/** Programs that send a first trace as they stand, once pasted. Pure. */

export const SNIPPETS = ['node', 'node-grpc', 'python', 'curl'] as const
export type SnippetId = (typeof SNIPPETS)[number]

export interface SnippetInput {
  /** `http://localhost:6006`, path prefix included, no slash at the end. */
  httpUrl: string
  /** `http://localhost:4317` */
  grpcUrl: string
  projectName: string
  /** Null when the server asks for no key. */
  apiKey: string | null
}

export interface Snippet {
  label: string
  install: string | null
  file: string
  run: string
  code: string
}

/** The program for a language and transport. */
export function snippetFor(id: SnippetId, input: SnippetInput): Snippet {
  return MAKERS[id](input)
}

/** A string in a language whose literals are JSON's: JavaScript, and Python for what JSON can say. */
const q = (text: string) => JSON.stringify(text).replace(/\u2028|\u2029/g, ' ')

const NODE_BODY = `provider.register()

await trace.getTracer('hello').startActiveSpan('Hello, Bennu', async (root) => {
  root.setAttributes({
    'openinference.span.kind': 'CHAIN',
    'input.value': 'Does it work?',
    'output.value': 'It does.',
  })
  root.end()
})
await provider.shutdown()
`

function node({ httpUrl, projectName, apiKey }: SnippetInput): Snippet {
  const headers = apiKey === null ? '' : `\n  headers: { authorization: ${q(`Bearer ${apiKey}`)} },`
  return {
    label: 'Node.js',
    install:
      'npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto',
    file: 'hello.mjs',
    run: 'node hello.mjs',
    code: `import { DiagConsoleLogger, DiagLogLevel, diag, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// Says why, should the server refuse something.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.ERROR)

const exporter = new OTLPTraceExporter({
  url: ${q(`${httpUrl}/v1/traces`)},${headers}
})
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'openinference.project.name': ${q(projectName)} }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
})
${NODE_BODY}`,
  }
}

function nodeGrpc({ grpcUrl, projectName, apiKey }: SnippetInput): Snippet {
  const metadata =
    apiKey === null
      ? ''
      : `const metadata = new Metadata()\nmetadata.set('authorization', ${q(`Bearer ${apiKey}`)})\n`
  return {
    label: 'Node.js, gRPC',
    install:
      'npm install @grpc/grpc-js @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-grpc',
    file: 'hello-grpc.mjs',
    run: 'node hello-grpc.mjs',
    code: `${apiKey === null ? '' : "import { Metadata } from '@grpc/grpc-js'\n"}import { DiagConsoleLogger, DiagLogLevel, diag, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// Says why, should the server refuse something.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.ERROR)

${metadata}const exporter = new OTLPTraceExporter({ url: ${q(grpcUrl)}${apiKey === null ? '' : ', metadata'} })
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'openinference.project.name': ${q(projectName)} }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
})
${NODE_BODY}`,
  }
}

function python({ httpUrl, projectName, apiKey }: SnippetInput): Snippet {
  const headers = apiKey === null ? '' : `\n    headers={"authorization": ${q(`Bearer ${apiKey}`)}},`
  return {
    label: 'Python',
    install: 'pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http',
    file: 'hello.py',
    run: 'python hello.py',
    code: `from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint=${q(`${httpUrl}/v1/traces`)},${headers}
)
provider = TracerProvider(resource=Resource.create({"openinference.project.name": ${q(projectName)}}))
provider.add_span_processor(BatchSpanProcessor(exporter))

with provider.get_tracer("hello").start_as_current_span("Hello, Bennu") as span:
    span.set_attributes({
        "openinference.span.kind": "CHAIN",
        "input.value": "Does it work?",
        "output.value": "It does.",
    })
provider.shutdown()
`,
  }
}

/** Single quotes end a shell's single-quoted text; everything else is safe in it. */
const shellSafe = (text: string) => text.replaceAll("'", `'\\''`)

function curl({ httpUrl, projectName, apiKey }: SnippetInput): Snippet {
  const key = apiKey === null ? '' : `  -H 'authorization: ${shellSafe(`Bearer ${apiKey}`)}' \\\n`
  return {
    label: 'curl',
    install: null,
    file: 'a shell',
    run: '',
    code: `now=$(date +%s)
trace=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')
span=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')
curl -sS -i '${shellSafe(httpUrl)}/v1/traces' \\
  -H 'content-type: application/json' \\
${key}  -d @- <<END
{"resourceSpans":[{
  "resource":{"attributes":[{"key":"openinference.project.name","value":{"stringValue":${heredocSafe(projectName)}}}]},
  "scopeSpans":[{"spans":[{
    "traceId":"$trace","spanId":"$span","name":"Hello, Bennu","kind":1,
    "startTimeUnixNano":"\${now}000000000","endTimeUnixNano":"\${now}250000000",
    "attributes":[
      {"key":"openinference.span.kind","value":{"stringValue":"CHAIN"}},
      {"key":"input.value","value":{"stringValue":"Does it work?"}},
      {"key":"output.value","value":{"stringValue":"It does."}}]}]}]}]}
END
`,
  }
}

/** A JSON string inside an unquoted here-document, where backslash, dollar and backtick mean something. */
const heredocSafe = (text: string) => q(text).replace(/[\\$`]/g, '\\$&')

const MAKERS: Record<SnippetId, (input: SnippetInput) => Snippet> = {
  node,
  'node-grpc': nodeGrpc,
  python,
  curl,
}
