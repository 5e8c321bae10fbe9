/**
 * QUERY_EVENT (and MariaDB's compressed one, and EXECUTE_LOAD_QUERY): a statement as text. In row format these are
 * transaction brackets and DDL; anything else was written with statement format.
 */
import { ByteCursor } from "./byte-cursor.ts"
import { DecodeFailure } from "./decode-failure.ts"
import { HEADER_LENGTH, type BinlogEvent } from "./event.ts"
import { EventType } from "./event-type.ts"
import { inflateEnvelope } from "./mariadb-compression.ts"
import { decodeLabel, textKind } from "./charset.ts"

export interface QueryFacts {
  readonly schema: string
  readonly text: string
}

/** file_id, two offsets and the duplicate rule between the fixed header and the status variables. */
const LOAD_QUERY_EXTRA = 13

export const readQuery = (
  event: BinlogEvent,
  charsetOf: (collation: number) => string | undefined,
  inflatedMax: number
): QueryFacts => {
  const cursor = new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, "QUERY_EVENT")
  cursor.skip(8)
  const schemaLength = cursor.u8()
  cursor.skip(2)
  const statusLength = cursor.u16()
  if (event.type === EventType.ExecuteLoadQuery) cursor.skip(LOAD_QUERY_EXTRA)
  const status = cursor.take(statusLength)
  const schema = cursor.take(schemaLength).toString("utf8")
  cursor.skip(1)
  const rest = cursor.rest()
  const bytes = event.type === EventType.QueryCompressed ? inflateEnvelope(rest, inflatedMax) : rest
  return { schema, text: statementText(bytes, clientCollation(status), charsetOf) }
}

/**
 * The text is in the client's character set: a table named in Chinese by a GBK client is not UTF-8. A set that is not
 * known falls back to UTF-8, where only its non-ASCII names can differ.
 */
const statementText = (
  bytes: Buffer,
  collation: number | undefined,
  charsetOf: (collation: number) => string | undefined
): string => {
  const charset = collation === undefined ? "utf8mb4" : charsetOf(collation)
  try {
    return decodeLabel(textKind(charset, collation, "statement"), bytes)
  } catch (error) {
    if (error instanceof DecodeFailure) return bytes.toString("utf8")
    throw error
  }
}

/**
 * Lengths of the status variables that stand before the character set (statement_events.h, Query_event_post_header);
 * the server writes them in this order.
 */
const clientCollation = (status: Buffer): number | undefined => {
  let offset = 0
  while (offset < status.length) {
    const code = status[offset++]!
    switch (code) {
      case 0:
        offset += 4
        break
      case 1:
        offset += 8
        break
      case 6:
        offset += 1 + (status[offset] ?? 0)
        break
      case 3:
        offset += 4
        break
      case 4:
        return offset + 2 <= status.length ? status.readUInt16LE(offset) : undefined
      default:
        return undefined
    }
  }
  return undefined
}
