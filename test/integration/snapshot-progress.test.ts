/** The view of the tables' copy in a real HR database, and what the command line reads of it. */
import { Effect } from "effect"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { readSnapshotProgress } from "../../connectors/hr/postgres/PostgresSnapshotProgress.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { SnapshotState } from "../../schemas/snapshot-state.ts"
import { statusOf } from "../../src/capture/snapshot-commands.ts"
import { MIGRATIONS, postgresOptions } from "../conformance/postgresql-hr-world.ts"

const STATE: SnapshotState = {
  paused: true,
  tables: [
    { table: "lms.user", state: "done", after: null, where: null, rows: 12, estimate: 10 },
    { table: "lms.成绩", state: "running", after: ["13800000000"], where: null, rows: 1, estimate: 3 },
    { table: "lms.a", state: "running", after: ["7"], where: null, rows: 5, estimate: 4 },
    { table: "lms.b", state: "waiting", after: null, where: "phone = '1'", rows: 0, estimate: 9 },
    { table: "lms.c", state: "canceled", after: null, where: null, rows: 0, estimate: 0 }
  ]
}

describe("gradewire.snapshot_progress", () => {
  let server: RunningServer
  let client: Client
  beforeAll(async () => {
    server = await startServer("postgresql")
    client = new Client({ connectionString: server.url })
    await client.connect()
    await Effect.runPromise(migrate({ postgres: postgresOptions(server), migrationsFolder: MIGRATIONS }))
    await client.query(
      "INSERT INTO gradewire.apply_offset (connector, position, holder, updated_at, snapshot) VALUES ($1, 'p', 'h', '2026-11-22 08:00:00.5+08', $2), ('other', 'p', 'h', now(), NULL)",
      ["lms-hr", JSON.stringify(STATE)]
    )
  })
  afterAll(async () => {
    await client?.end()
    await server?.stop()
  })

  it("tells the same as the running capture would, in the same order (G4)", async () => {
    expect(await Effect.runPromise(readSnapshotProgress(postgresOptions(server), "lms-hr"))).toEqual({
      ...statusOf(STATE),
      updatedAt: "2026-11-22T00:00:00.5Z"
    })
  })

  it("knows nothing of a connector that has copied nothing (G4)", async () => {
    expect(await Effect.runPromise(readSnapshotProgress(postgresOptions(server), "other"))).toEqual({
      paused: false,
      tables: [],
      updatedAt: null
    })
  })

  it("shows no key and no condition, and explains every column (G9)", async () => {
    const { rows } = await client.query("SELECT * FROM gradewire.snapshot_progress")
    expect(JSON.stringify(rows)).not.toMatch(/1380|phone/)
    const { rows: mute } = await client.query(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'gradewire.snapshot_progress'::regclass AND attnum > 0 AND col_description(attrelid, attnum) IS NULL"
    )
    expect(mute).toEqual([])
  })
})
