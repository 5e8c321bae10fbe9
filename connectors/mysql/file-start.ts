/** What the beginning of a binlog file says: when it was begun, and which transactions stand in the files before it. */
import { Effect, type Scope } from "effect"
import { GtidSet } from "../../schemas/GtidSet.ts"
import { SourceConnectionLost, type ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { EventType } from "./binlog/event-type.ts"
import { openBinlog, type BinlogClient } from "./binlog-client.ts"
import type { SourceOptions } from "./source-options.ts"
import type { SqlConnection } from "./sql-connection.ts"

const FILE_START = 4
/** Of a file's first events, one is FORMAT_DESCRIPTION, one may be START_ENCRYPTION, one names the transactions. */
const HEAD_EVENTS = 5

/** A look from aside: under the connector's own server_id the server would cut off the running capture. */
export const openAside = (
  options: SourceOptions,
  encrypted: boolean,
  file: string,
  why: string
): Effect.Effect<BinlogClient, ChangeSourceError, Scope.Scope> =>
  openBinlog({ ...options, connector: `${options.connector} ${why}`, serverId: undefined }, encrypted, {
    file,
    position: FILE_START
  })

/** Seconds since 1970: the time of its FORMAT_DESCRIPTION. */
export const readFileStart = Effect.fnUntraced(function* (
  options: SourceOptions,
  encrypted: boolean,
  file: string
): Effect.fn.Return<number, ChangeSourceError, Scope.Scope> {
  const client = yield* openAside(options, encrypted, file, "purge margin")
  while (true) {
    yield* client.arrival
    for (let packet = client.poll(); packet !== undefined; packet = client.poll()) {
      if (packet[4] === EventType.FormatDescription) return packet.readUInt32LE(0)
      if (packet[4] !== EventType.Rotate) {
        return yield* new SourceConnectionLost({ message: `${file} does not begin with its description` })
      }
    }
  }
})

/**
 * Transactions in the files before one, as its PREVIOUS_GTIDS (MySQL) or GTID_LIST (MariaDB) says; `undefined` where it
 * says nothing that can be understood.
 */
export const readGtidsBefore = Effect.fnUntraced(function* (
  sql: SqlConnection,
  file: string
): Effect.fn.Return<GtidSet | undefined, ChangeSourceError> {
  const rows = yield* sql.query(`SHOW BINLOG EVENTS IN ${sql.escape(file)} LIMIT ${HEAD_EVENTS}`)
  const list = rows.find(({ Event_type: type }) => type === "Previous_gtids" || type === "Gtid_list")
  const text = list?.["Info"]
  return typeof text === "string" ? GtidSet.parse(text.replaceAll(/[[\]]/g, "")) : undefined
})
