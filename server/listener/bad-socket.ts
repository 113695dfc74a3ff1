/** Answers for connections on which no request could be read. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ANNOUNCED_VERSION } from '#server/build-info'

const STATUS_OF: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Tells the client once what was wrong and closes; a connection that is gone is left alone. */
export function answerBadSocket(error: NodeJS.ErrnoException, socket: Duplex): void {
  const begun = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy()
    return
  }
  const status = STATUS_OF[error.code ?? ''] ?? 400
  const body = STATUS_CODES[status] ?? 'Bad Request'
  socket.end(
    `HTTP/1.1 ${status} ${body}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `x-phoenix-server-version: ${ANNOUNCED_VERSION}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}
