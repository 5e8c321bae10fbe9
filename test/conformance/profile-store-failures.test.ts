/** Locks, cuts, crashes and plans in a real PostgreSQL. */
import { Effect, Fiber } from "effect"
import { Client } from "pg"
import { describe, expect, it } from "vitest"
import { batchStatement } from "../../connectors/hr/postgres/batch-statement.ts"
import { readMapping } from "../../connectors/hr/postgres/mapping.ts"
import { openSession } from "../../connectors/hr/postgres/postgres-client.ts"
import { ONLY_LANE } from "../../schemas/lane.ts"
import { batch, EMPLOYEES, exam, learner, positionAt, SCORES } from "./hr-world.ts"
import { anna, postgresBench } from "./postgresql-bench.ts"
import { postgresOptions } from "./postgresql-hr-world.ts"

const bench = postgresBench()
const { apply, refused, sql, takeOver } = bench

describe("failures", () => {
  /** Holds a lock on the exam target until the function given is called. */
  const lockTarget = async () => {
    const other = new Client(bench.worlds.server.url)
    other.on("error", () => undefined)
    await other.connect()
    await other.query("begin; lock table hr.training_record in exclusive mode")
    return { client: other, release: () => other.end() }
  }

  /** Until some backend of the store waits for a lock. */
  const untilBlocked = async () => {
    for (;;) {
      const rows = await sql(
        "select pid from pg_stat_activity where application_name = 'gradewire/test' and wait_event_type = 'Lock'"
      )
      if (rows.length > 0) return rows[0]!.pid as number
    }
  }

  /** As apply does: a batch that was given up may commit while the next attempt waits for it, which then fails with 40001. */
  const repeated = (given: Parameters<typeof apply>[0]) =>
    Effect.runPromise(
      Effect.retry(bench.store.apply(bench.epoch, given), {
        times: 5,
        while: ({ _tag }) => _tag === "StoreContended"
      })
    )

  it("a lock that does not come in time is worth another attempt (G4)", async () => {
    const lock = await lockTarget()
    await takeOver(bench.worlds.process({ lockTimeoutMs: 100 }))
    const given = batch(0, [exam(1, 1, anna, "1.00")])
    expect(await refused(given)).toMatchObject({ _tag: "StoreContended", code: "55P03", fate: "retry" })
    await lock.release()
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a deadlock is worth another attempt (G4)", async () => {
    await apply(batch(0, [exam(1, 1, anna, "1.00"), exam(2, 2, anna, "2.00")]))
    const other = new Client(bench.worlds.server.url)
    await other.connect()
    // A waiting backend looks for a circle once, this long after it began to wait; the other's look comes much later.
    await sql("alter role postgres set deadlock_timeout = '3s'")
    await takeOver(bench.worlds.process())
    await sql("alter role postgres reset deadlock_timeout")
    await other.query(
      `set deadlock_timeout = '60s'; begin; select from hr.training_record where result_id = 'lms.exam:2' for update`
    )
    const running = refused(batch(2, [exam(3, 1, anna, "3.00"), exam(4, 2, anna, "4.00")]))
    await untilBlocked()
    // The store holds result 1 and waits for 2; this closes the circle.
    await other.query("select from hr.training_record where result_id = 'lms.exam:1' for update")
    expect(await running).toMatchObject({ _tag: "StoreContended", code: "40P01" })
    await other.end()
    expect(await apply(batch(2, [exam(3, 1, anna, "3.00"), exam(4, 2, anna, "4.00")]))).toMatchObject({
      applied: 2
    })
  })

  it("a connection that is cut under a batch is opened anew, and the batch is safe to repeat (G2)", async () => {
    const lock = await lockTarget()
    const given = batch(0, [exam(1, 1, anna, "1.00")])
    const running = refused(given)
    await sql(`select pg_terminate_backend(${await untilBlocked()})`)
    expect(await running).toMatchObject({ _tag: "StoreUnavailable", fate: "retry" })
    await lock.release()
    expect(await apply(given)).toMatchObject({ applied: 1 })
    expect(await apply(given)).toMatchObject({ applied: 0 })
  })

  it("a server that turns read-only under way is waited for, over a new connection (G4)", async () => {
    await apply(batch(0, [exam(1, 1, anna, "1.00")]))
    await sql("alter role postgres set default_transaction_read_only = on")
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gradewire/test'`
    )
    const given = batch(1, [exam(2, 2, anna, "2.00")])
    // The cut may be noticed first.
    let error = await refused(given)
    while (!("code" in error) || error.code !== "25006") error = await refused(given)
    expect(error).toMatchObject({ _tag: "StoreUnavailable", fate: "retry" })
    await sql(
      "set default_transaction_read_only = off; alter role postgres reset default_transaction_read_only"
    )
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a server that takes no more connections is waited for (G4)", async () => {
    await sql("create role crowded login connection limit 0")
    const crowded = bench.worlds.process({ user: "crowded" })
    const error = await Effect.runPromise(Effect.flip(crowded.takeOver))
    expect(error).toMatchObject({ _tag: "StoreUnavailable", code: "53300", fate: "retry" })
    await sql("drop role crowded")
  })

  it("a server that is shut down in order is waited for (G4)", async () => {
    const lock = await lockTarget()
    const given = batch(0, [exam(1, 1, anna, "1.00")])
    const running = refused(given)
    await untilBlocked()
    await bench.worlds.server.shutdown()
    expect(await running).toMatchObject({ _tag: "StoreUnavailable", code: "57P01", fate: "retry" })
    await lock.release().catch(() => undefined)
    await bench.worlds.server.restart()
    await bench.worlds.reconnect()
    bench.world = bench.worlds.reopened()
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a row that another lane changes meanwhile is a serialization failure, and tried again (G2)", async () => {
    const store = bench.worlds.process({}, SCORES, { lane: 0, lanes: 2 })
    await sql("truncate gradewire.apply_offset")
    await bench.takeOver(store)
    await apply(batch(0, [exam(1, 1, anna, "1.00")]))
    const other = new Client(bench.worlds.server.url)
    await other.connect()
    await other.query("begin; update gradewire.result_ledger set applied_at = now()")
    const given = batch(1, [exam(2, 1, anna, "2.00")])
    const running = refused(given)
    await untilBlocked()
    await other.query("commit")
    expect(await running).toMatchObject({ _tag: "StoreContended", code: "40001", fate: "retry" })
    await other.end()
    expect(await apply(given)).toMatchObject({ applied: 1 })
  })

  it("a batch given up while it waits may still commit; repeated, it counts once (G2)", async () => {
    const lock = await lockTarget()
    const given = batch(0, [exam(1, 1, anna, "1.00")])
    const fiber = Effect.runFork(bench.store.apply(bench.epoch, given))
    await untilBlocked()
    await Effect.runPromise(Fiber.interrupt(fiber))
    const again = repeated(given)
    await lock.release()
    await again
    expect((await bench.world.profile("hr.training_record")).map((row) => row["分数"])).toEqual(["1.00"])
    expect((await Effect.runPromise(bench.store.offset))?.position).toBe(positionAt(1))
  })

  it("the offset is answered while a batch waits (G5)", async () => {
    const lock = await lockTarget()
    const running = apply(batch(0, [exam(1, 1, anna, "1.00")]))
    await untilBlocked()
    expect(await Effect.runPromise(bench.store.offset)).toBeUndefined()
    await lock.release()
    await running
  })

  it("a server killed under a batch comes back with all of it or nothing (G4)", async () => {
    await apply(batch(0, [exam(1, 1, anna, "1.00")]))
    const lock = await lockTarget()
    const given = batch(1, [exam(2, 2, anna, "2.00"), learner(3, "7", { phone: "13800000017" })])
    const running = refused(given)
    await untilBlocked()
    await bench.worlds.server.kill()
    expect(await running).toMatchObject({ _tag: "StoreUnavailable" })
    expect(await refused(given)).toMatchObject({ _tag: "StoreUnavailable", code: "ECONNREFUSED" })
    await lock.release().catch(() => undefined)
    await bench.worlds.server.restart()
    await bench.worlds.reconnect()
    bench.world = bench.worlds.reopened()
    expect((await Effect.runPromise(bench.store.offset))?.position).toBe(positionAt(1))
    expect(await apply(given)).toMatchObject({ applied: 1 })
    expect(await sql("select count(*)::integer as n from hr.training_record")).toEqual([{ n: 2 }])
  })

  it("a server that freezes is given up, not waited for without end (G8)", async () => {
    await takeOver(bench.worlds.process({ statementTimeoutMs: 1000, connectTimeoutMs: 500 }))
    bench.worlds.server.pause()
    const error = await refused(batch(0, [exam(1, 1, anna, "1.00")]))
    bench.worlds.server.resume()
    expect(error).toMatchObject({ _tag: "StoreUnavailable", code: "TIMEOUT" })
    await repeated(batch(0, [exam(1, 1, anna, "1.00")]))
    expect((await bench.world.profile("hr.training_record")).length).toBe(1)
  })
})

describe("a long queue", () => {
  const waiting = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) =>
      exam(
        from + index,
        from + index,
        { id: `L${from + index}`, phone: `${13900000000 + from + index}` },
        "1.00"
      )
    )
  const release = async () => {
    const { released } = await Effect.runPromise(bench.store.release(bench.epoch))
    return { released, held: (await bench.world.held()).length }
  }

  it("is looked at in turns and counted whole, and everybody who was hired is found (G7)", async () => {
    await apply(batch(0, waiting(1, 1000)))
    expect(await release()).toEqual({ released: 0, held: 1000 })
    expect(await release()).toEqual({ released: 0, held: 1000 })
    await apply(batch(1000, waiting(1001, 2500)))
    await sql(
      "insert into hr.employee select 'E' || i, (13900000000 + i)::text from generate_series(1, 2500) i where i % 5 = 0"
    )
    let released = 0
    for (let turn = 0; turn < 4; turn++) released += (await release()).released
    expect(released).toBe(500)
    expect(await release()).toEqual({ released: 0, held: 2000 })
  })

  it("does not keep a learner waiting whose keys have just come (G7)", async () => {
    await apply(batch(0, waiting(1, 2500)))
    await apply(batch(2500, [learner(2501, "L2400", { email: "late@example.org" })]))
    await sql(`insert into hr.employee values ('E9', null, 'late@example.org')`)
    expect(await release()).toEqual({ released: 1, held: 2499 })
  })
})

describe("plans", () => {
  it("a ledger of any size is reached by its index, whatever the batch (G8)", async () => {
    await sql(`insert into gradewire.result_ledger
      select 'test', 'lms.exam:' || i, '${positionAt(0)}', 'x', 'recorded', null, 'E001', null, now()
      from generate_series(1, 200000) i; analyze gradewire.result_ledger`)
    await sql(`insert into hr.training_record ("工号", result_id, system)
      select 'E001', 'lms.exam:' || i, 'lms' from generate_series(1, 200000) i; analyze hr.training_record`)
    const mapping = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(openSession(postgresOptions(bench.worlds.server)), (session) =>
          readMapping(session, { scores: SCORES, employees: EMPLOYEES, zone: 0 })
        )
      )
    )
    await sql("set plan_cache_mode = force_generic_plan")
    for (const isPartial of [false, true]) {
      const text = batchStatement(mapping, {
        source: "events",
        fence: "offset",
        isPartial,
        isReplay: false,
        isFew: false,
        place: ONLY_LANE
      })
      await sql(`prepare planned as ${text}`)
      const numbers = [...text.matchAll(/\$(\d+)/g)].map((found) => Number(found[1]))
      const rest = Array.from({ length: Math.max(...numbers) - 5 }, () => "null")
      const values = ["'test'", "1", "'[]'", "'[]'", "'[]'", ...rest]
      const plan = (await sql(`explain execute planned(${values.join(", ")})`))
        .map((row) => row["QUERY PLAN"])
        .join("\n")
      await sql("deallocate planned")
      expect(plan).toMatch(/Index.* on result_ledger/)
      expect(plan).not.toMatch(/Seq Scan on (result_ledger|training_record)/)
    }
    await sql("reset plan_cache_mode")
  })
})
