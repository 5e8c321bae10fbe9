/** Locks, cuts, crashes, read-only servers and long queues on real MySQL and MariaDB servers. */
import { Effect, Fiber } from "effect"
import type { Connection } from "mysql2/promise"
import { afterEach, describe, expect, it } from "vitest"
import { batch, exam, learner, positionAt } from "./hr-world.ts"
import { anna, mysqlBench } from "./mysql-bench.ts"
import { MySqlWorlds } from "./mysql-hr-world.ts"

describe.each(["mysql", "mariadb"] as const)("failures on %s", (kind) => {
  const bench = mysqlBench(kind)
  const { apply, refused, release, sql } = bench

  const others: Array<Connection> = []
  const another = async () => {
    const other = await MySqlWorlds.connect(bench.worlds.server)
    others.push(other)
    return other
  }
  // A lock that a failed test leaves would stop the next one at its start.
  afterEach(() => {
    for (const other of others.splice(0)) other.destroy()
  })

  /** Holds a row of the exam target until the function given is called. */
  const lockRow = async (result: string) => {
    const other = await another()
    const row = `where result_id = '${result}' and \`system\` = 'lms'`
    await other.query(`start transaction; select * from hr.training_record ${row} for update`)
    return { other, release: async () => other.destroy() }
  }

  /** A row that others wait for. */
  const filedAndLocked = async () => {
    await apply(batch(0, [exam(1, 1, anna, "1.00")]))
    return lockRow("lms.exam:1")
  }

  /** Until some connection of the store waits for a row; its id. */
  const untilBlocked = async (): Promise<number> => {
    // A batch that ends without having waited is a failure of the test, not a reason to ask for ever.
    for (let asked = 0; asked < 300; asked++) {
      // InnoDB answers from a copy that it renews only where nobody has asked for 0.1 seconds.
      await sql("do sleep(0.11)")
      const rows = await sql(`select trx_mysql_thread_id as id from information_schema.innodb_trx
        where trx_state = 'LOCK WAIT'`)
      if (rows.length > 0) return Number(rows[0]!["id"])
    }
    throw new Error("no batch waits for a lock")
  }

  it("a lock that does not come in time is worth another attempt, and nothing stays locked (G4)", async () => {
    const lock = await filedAndLocked()
    await bench.takeOver(bench.worlds.process({ lockTimeoutMs: 1000 }))
    const given = batch(1, [exam(2, 2, anna, "2.00"), exam(3, 1, anna, "3.00")])
    expect(await refused(given)).toMatchObject({ _tag: "StoreContended", code: "1205", fate: "retry" })
    expect(await sql("select * from information_schema.innodb_trx where trx_rows_modified > 0")).toEqual([])
    await lock.release()
    expect(await apply(given)).toMatchObject({ applied: 2 })
  })

  it("a deadlock is worth another attempt (G4)", async () => {
    await apply(batch(0, [exam(1, 1, anna, "1.00"), exam(2, 2, anna, "2.00")]))
    const lock = await lockRow("lms.exam:2")
    // Weighs more than the batch, so that the server picks the batch as the victim.
    await lock.other.query(
      "insert into hr.employee select left(uuid(), 20), null, null from information_schema.columns limit 1000"
    )
    const given = batch(2, [exam(3, 1, anna, "3.00"), exam(4, 2, anna, "4.00")])
    const running = refused(given)
    await untilBlocked()
    await lock.other.query(
      "select * from hr.training_record where result_id = 'lms.exam:1' and `system` = 'lms' for update"
    )
    expect(await running).toMatchObject({ _tag: "StoreContended", code: "1213" })
    await lock.release()
    expect(await apply(given)).toMatchObject({ applied: 2 })
  })

  it("a connection that is cut under a batch is opened anew, and the batch is safe to repeat (G2)", async () => {
    const lock = await filedAndLocked()
    const given = batch(1, [exam(2, 1, anna, "2.00")])
    const running = refused(given)
    await sql(`kill ${await untilBlocked()}`)
    expect(await running).toMatchObject({ _tag: "StoreUnavailable", fate: "retry" })
    await lock.release()
    expect(await apply(given)).toMatchObject({ applied: 1 })
    expect(await apply(given)).toMatchObject({ applied: 0 })
  })

  it("a batch given up while it waits may still commit; repeated, it counts once (G2)", async () => {
    const lock = await filedAndLocked()
    const given = batch(1, [exam(2, 1, anna, "2.00")])
    const fiber = Effect.runFork(bench.store.apply(bench.epoch, given))
    await untilBlocked()
    await Effect.runPromise(Fiber.interrupt(fiber))
    const again = apply(given)
    await lock.release()
    await again
    expect((await bench.world.profile("hr.training_record")).map((row) => row["分数"])).toEqual(["2.00"])
    expect((await Effect.runPromise(bench.store.offset))?.position).toBe(positionAt(2))
  })

  it("the offset is answered while a batch waits (G5)", async () => {
    const lock = await filedAndLocked()
    const running = apply(batch(1, [exam(2, 1, anna, "2.00")]))
    await untilBlocked()
    expect((await Effect.runPromise(bench.store.offset))?.position).toBe(positionAt(1))
    await lock.release()
    await running
  })

  it("a server that turns read-only under way is waited for (G4)", async () => {
    // root may write all the same; the store's user may not.
    await sql(
      "create user if not exists plain@'%'; grant all privileges on gradewire.* to plain@'%'; grant all privileges on hr.* to plain@'%'"
    )
    await bench.takeOver(bench.worlds.process({ user: "plain" }))
    await sql("set global read_only = 1")
    const given = batch(0, [exam(1, 1, anna, "1.00")])
    expect(await refused(given)).toMatchObject({ _tag: "StoreUnavailable", code: "1290", fate: "retry" })
    await sql("set global read_only = 0")
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a server that takes no more connections is waited for (G4)", async () => {
    await sql(
      "create user if not exists crowded@'%' with max_user_connections 1; grant all privileges on *.* to crowded@'%'"
    )
    const crowded = bench.worlds.process({ user: "crowded" })
    expect(await Effect.runPromise(crowded.offset)).toBeUndefined()
    const error = await Effect.runPromise(Effect.flip(crowded.takeOver))
    expect(error).toMatchObject({ _tag: "StoreUnavailable", code: "1226", fate: "retry" })
  })

  it("a server that is shut down in order is waited for (G4)", async () => {
    const lock = await filedAndLocked()
    const given = batch(1, [exam(2, 1, anna, "2.00")])
    const running = refused(given)
    await untilBlocked()
    await bench.worlds.server.shutdown()
    expect(await running).toMatchObject({ _tag: "StoreUnavailable", fate: "retry" })
    await lock.release()
    await bench.worlds.server.restart()
    await bench.worlds.reconnect()
    bench.world = bench.worlds.reopened()
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a server killed under a batch comes back with all of it or nothing (G4)", async () => {
    const lock = await filedAndLocked()
    const given = batch(1, [
      exam(2, 2, anna, "2.00"),
      exam(3, 1, anna, "3.00"),
      learner(4, "7", { phone: "13800000017" })
    ])
    const running = refused(given)
    await untilBlocked()
    await bench.worlds.server.kill()
    expect(await running).toMatchObject({ _tag: "StoreUnavailable" })
    expect(await refused(given)).toMatchObject({ _tag: "StoreUnavailable", code: "ECONNREFUSED" })
    await lock.release()
    await bench.worlds.server.restart()
    await bench.worlds.reconnect()
    bench.world = bench.worlds.reopened()
    expect((await Effect.runPromise(bench.store.offset))?.position).toBe(positionAt(1))
    expect(await apply(given)).toMatchObject({ applied: 2 })
    expect((await bench.world.profile("hr.training_record")).map((row) => row["分数"])).toEqual([
      "3.00",
      "2.00"
    ])
  })

  it("a server that freezes is given up, not waited for without end (G8)", async () => {
    await bench.takeOver(bench.worlds.process({ answerTimeoutMs: 1000, connectTimeoutMs: 500 }))
    bench.worlds.server.pause()
    const error = await refused(batch(0, [exam(1, 1, anna, "1.00")]))
    bench.worlds.server.resume()
    expect(error).toMatchObject({ _tag: "StoreUnavailable", code: "TIMEOUT" })
    await apply(batch(0, [exam(1, 1, anna, "1.00")]))
    expect((await bench.world.profile("hr.training_record")).length).toBe(1)
  })

  it("settings of the server and of its users change nothing (G2)", async () => {
    await sql(
      "set global sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT', global autocommit = 0; set global transaction isolation level serializable"
    )
    const note = `it's "quoted" \\ and more`
    await bench.takeOver(bench.worlds.process())
    await apply(batch(0, [exam(1, 1, anna, "1.00", { attributes: { note } })]))
    await sql(
      "set global sql_mode = default, global autocommit = default; set global transaction isolation level repeatable read"
    )
    expect(await bench.world.profile("hr.training_record")).toMatchObject([{ 'no"te': note }])
  })

  const waiting = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) =>
      exam(
        from + index,
        from + index,
        { id: `L${from + index}`, phone: `${13900000000 + from + index}` },
        "1.00"
      )
    )

  it("a long queue is looked at in turns and counted whole, and everybody who was hired is found (G7)", async () => {
    await apply(batch(0, waiting(1, 1000)))
    expect(await release()).toEqual({ released: 0, held: 1000 })
    await apply(batch(1000, waiting(1001, 2500)))
    await sql(`insert into hr.employee select concat('E', i * 5), 13900000000 + i * 5, null from (
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 500) select i from n) s`)
    let released = 0
    for (let turn = 0; turn < 4; turn++) released += (await release()).released
    expect(released).toBe(500)
    expect(await release()).toEqual({ released: 0, held: 2000 })
  })

  it("a long queue does not keep a learner waiting whose keys have just come (G7)", async () => {
    await apply(batch(0, waiting(1, 2500)))
    await apply(batch(2500, [learner(2501, "L2400", { email: "late@example.org" })]))
    await sql("insert into hr.employee values ('E9', null, 'late@example.org')")
    expect(await release()).toEqual({ released: 1, held: 2499 })
  })
})
