import { cn } from '../ui/cn'

// Whole class names, so that the style sheet is made with them.
const COLORS: Record<string, { dot: string; text: string }> = {
  AGENT: { dot: 'bg-kind-agent', text: 'text-kind-agent' },
  LLM: { dot: 'bg-kind-llm', text: 'text-kind-llm' },
  TOOL: { dot: 'bg-kind-tool', text: 'text-kind-tool' },
  RETRIEVER: { dot: 'bg-kind-retriever', text: 'text-kind-retriever' },
  RERANKER: { dot: 'bg-kind-reranker', text: 'text-kind-reranker' },
  EVALUATOR: { dot: 'bg-kind-evaluator', text: 'text-kind-evaluator' },
  GUARDRAIL: { dot: 'bg-kind-guardrail', text: 'text-kind-guardrail' },
  PROMPT: { dot: 'bg-kind-prompt', text: 'text-kind-prompt' },
}
const GREY = { dot: 'bg-kind-chain', text: 'text-kind-chain' }

const WORDS: Record<string, string> = { LLM: 'LLM', UNKNOWN: 'Unknown kind' }

/** `Retriever`, `LLM` */
export function kindWord(kind: string): string {
  return WORDS[kind] ?? kind.charAt(0) + kind.slice(1).toLowerCase()
}

/** The colour of a bar of the waterfall. */
export function kindBar(kind: string): string {
  return (COLORS[kind] ?? GREY).dot
}

/** The small square that stands before a span's name; its word is in the tooltip and for screen readers. */
export function KindDot({ kind }: { kind: string }) {
  return (
    <span title={kindWord(kind)} className={cn('size-2 shrink-0 rounded-[2px]', kindBar(kind))}>
      <span className="sr-only">{kindWord(kind)}</span>
    </span>
  )
}

/** The kind in words and colour. */
export function KindBadge({ kind }: { kind: string }) {
  return (
    <span
      className={cn(
        'inline-flex h-5 shrink-0 items-center rounded-sm bg-raised px-1.5 text-xs font-medium',
        (COLORS[kind] ?? { text: 'text-muted' }).text,
      )}
    >
      {kindWord(kind)}
    </span>
  )
}
