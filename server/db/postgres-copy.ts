/** COPY … FROM STDIN over a connection of pg, by the interface that pg has for queries of other kinds. */
import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { queryError } from '#server/db/postgres-errors'
import { endIfUnanswered } from '#server/db/postgres-silence'

/**
 * Sends the chunks to a `copy … from stdin`.
 * @throws QueryError; the transaction is then broken, as after any failed statement
 */
export async function copyIn(client: pg.ClientBase, text: string, chunks: readonly Buffer[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error) => {
      if (!error) return resolve()
      endIfUnanswered(client, error)
      reject(queryError(text, error))
    }
    client.query(new CopyQuery(text, chunks, done))
  })
}

/** The parts of pg's connection that a COPY uses. */
interface CopyConnection {
  readonly stream: Duplex
  query(text: string): void
  endCopyFrom(): void
}

/** What stands before the bytes of a CopyData message: https://www.postgresql.org/docs/current/protocol-message-formats.html. */
function copyDataHead(bytes: number): Buffer {
  const head = Buffer.allocUnsafe(5)
  head.write('d', 'latin1')
  // The length counts itself.
  head.writeInt32BE(4 + bytes, 1)
  return head
}

class CopyQuery implements pg.Submittable {
  /** Called once: pg wraps it in one that also ends its timer. */
  callback: (error?: Error) => void
  readonly #text: string
  readonly #chunks: readonly Buffer[]

  constructor(text: string, chunks: readonly Buffer[], done: (error?: Error) => void) {
    this.#text = text
    this.#chunks = chunks
    this.callback = done
  }

  submit(connection: pg.Connection): void {
    ;(connection as unknown as CopyConnection).query(this.#text)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    const { stream } = connection
    if (!stream.writable) return
    // pg's own way would copy every byte once more.
    stream.cork()
    for (const chunk of this.#chunks) {
      stream.write(copyDataHead(chunk.byteLength))
      stream.write(chunk)
    }
    connection.endCopyFrom()
    stream.uncork()
  }

  handleError(error: Error): void {
    this.callback(error)
  }

  handleReadyForQuery(): void {
    this.callback()
  }

  handleCommandComplete(): void {}
}
