/** The id under which the server's log knows the request; one press selects it whole. */
export function RequestId({ id }: { id: string }) {
  return (
    <p className="text-xs text-muted">
      Request <span className="font-mono break-all select-all">{id}</span>
    </p>
  )
}
