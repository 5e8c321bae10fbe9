import { Effect } from "effect"
import { expect, it } from "vitest"
import { readBinlogFiles } from "../../../connectors/mysql/server-facts.ts"
import type { SqlConnection } from "../../../connectors/mysql/sql-connection.ts"

it("binlog files end where their events do, encrypted ones too (G1)", async () => {
  const rows = [
    { Log_name: "binlog.000001", File_size: 1000, Encrypted: "No" },
    { Log_name: "binlog.000002", File_size: "1512", Encrypted: "Yes" },
    // MariaDB and MySQL 5.7 have no such column.
    { Log_name: "binlog.000003", File_size: 7 }
  ]
  const sql = { query: () => Effect.succeed(rows) } as unknown as SqlConnection
  expect(await Effect.runPromise(readBinlogFiles(sql))).toEqual([
    { name: "binlog.000001", size: 1000 },
    { name: "binlog.000002", size: 1000 },
    { name: "binlog.000003", size: 7 }
  ])
})
