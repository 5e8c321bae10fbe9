/**
 * Where to put the needle back into the binlog, with a proof that it is still the same binlog.
 *
 * An anchor is the first byte of a transaction whose changes are wholly or partly known already. Reading restarts
 * there; the GTID met at that byte must be the one recorded, or the file was reset, or the server is another one.
 */
import { Schema } from "effect"

export const Anchor = Schema.Struct({
  /** Binlog file name as the server calls it, `binlog.000003`. */
  file: Schema.NonEmptyString,
  /** Byte offset of the transaction's first event; 4 = start of the file. */
  position: Schema.Int.check(Schema.isGreaterThanOrEqualTo(4)),
  /** GTID of the transaction that starts there; null: none known (start of a file, or a server without GTIDs). */
  gtid: Schema.NullOr(Schema.NonEmptyString),
  /** Identity of the server that wrote it: `mysql:<server_uuid>` or `mariadb:<server_id>`. */
  server: Schema.NonEmptyString,
  timeline: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9999 }))
})
export type Anchor = typeof Anchor.Type

/** An anchor in words, for messages and for `source.acceptedBreaks`: `binlog.000003:157@mysql:<server_uuid>`. */
export const placeOf = ({ file, position, server }: Pick<Anchor, "file" | "position" | "server">): string =>
  `${file}:${position}@${server}`
