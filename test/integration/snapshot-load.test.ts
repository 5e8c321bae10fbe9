/** A copy beside the work of a busy server, and one that could not be complete. */
import { Effect, Fiber } from "effect"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { SourceMisconfigured } from "../../src/capture/ChangeSource.ts"
import { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import { CASE_MILLIS, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("a chunk of a copy on %s", (kind) => {
  const { server, sql, optionsFor, here, table } = sourceWorld(kind)

  const chunkOf = async (options: SourceOptions) => {
    const processed = await here()
    const request = { key: ["id"], after: undefined, where: undefined, rowsMax: 10, processed }
    return Effect.scoped(
      Effect.flatMap(SnapshotSource, (source) =>
        source.readChunk({ ...request, table: options.tables[0]! })
      ).pipe(Effect.provide(MySqlSnapshotSource.layer(options)))
    )
  }

  it(
    "waits while the server is busy, and is read once it is not (G8)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("busy", "id INT PRIMARY KEY")
      await sql.query("INSERT INTO lms.busy VALUES (1)")
      await sql.query("DO GET_LOCK('busy', 0)")
      const waiting = await Promise.all(Array.from({ length: 8 }, () => createConnection(server().url)))
      const locks = waiting.map((connection) =>
        connection.query("SELECT GET_LOCK('busy', 60), RELEASE_LOCK('busy')")
      )
      const looks = async () => {
        const [row] = await sql.query("SHOW GLOBAL STATUS LIKE 'Com_show_status'")
        return Number(row!["Value"])
      }
      const wanted = [{ schema: "lms", table: "busy", columns: ["id"] }]
      const chunk = await chunkOf(optionsFor(wanted, { threadsRunningMax: 6 }))
      const found = await Effect.runPromise(
        Effect.gen(function* () {
          const before = yield* Effect.promise(looks)
          const reading = yield* Effect.forkChild(chunk)
          // Asked more than once by somebody else: it did not like the first answer.
          let asked = 0
          for (let own = 1; asked < 2; own++) asked = (yield* Effect.promise(looks)) - before - own
          expect(reading.pollUnsafe()).toBeUndefined()
          yield* Effect.promise(() => sql.query("DO RELEASE_LOCK('busy')"))
          return yield* Fiber.join(reading)
        })
      )
      expect(found.rows).toEqual([[1]])
      await Promise.all(locks)
      await Promise.all(waiting.map((connection) => connection.end()))
    }
  )

  it(
    "is not read where rows of one key could stand on both sides of its end (G1, G3)",
    { timeout: CASE_MILLIS },
    async () => {
      const options = optionsFor([{ schema: "lms", table: "keyless", columns: ["id"] }])
      const columns = "id INT NOT NULL, v INT NOT NULL"
      for (const keys of ["", ", KEY (id)", ", UNIQUE (id, v)", ", PRIMARY KEY (v, id)"]) {
        await table("keyless", columns + keys)
        const failure = await Effect.runPromise(Effect.flip(await chunkOf(options)))
        expect(failure).toBeInstanceOf(SourceMisconfigured)
        expect(failure.remedy).toContain("ALTER TABLE `lms`.`keyless` ADD PRIMARY KEY (`id`)")
      }
      for (const keys of [", UNIQUE (ID)", ", KEY (v), PRIMARY KEY (id)"]) {
        await table("keyless", columns + keys)
        expect((await Effect.runPromise(await chunkOf(options))).isEnd).toBe(true)
      }
    }
  )
})
