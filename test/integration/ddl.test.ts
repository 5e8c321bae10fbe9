/** DDL on a captured table, on both servers, while capture runs and while it is down: see ddl-cases.ts. */
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { captureUntil, fold, isCopied, rowTable, type CaptureRun, type Row } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { DDL_CASES, type DdlCase } from "./ddl-cases.ts"

const CASE_MILLIS = 60_000

interface Stop {
  readonly _tag: string
  readonly message: string
  readonly columns: ReadonlyArray<string>
  readonly remedy: string
}

describe.each(["mysql", "mariadb"] as const)("DDL on %s", (kind) => {
  let server: RunningServer
  let sql: Connection
  beforeAll(async () => {
    server = await startServer(kind)
    sql = await createConnection({ host: "127.0.0.1", port: server.port, user: "root" })
  })
  afterAll(async () => {
    await sql.end()
    await server.stop()
  })

  /** One case's tables, log and capture; every case and mode has a schema of its own. */
  const worldOf = async (test: DdlCase, schema: string) => {
    const table = `${schema}.t`
    const marker = `${schema}.marker`
    const key = test.key ?? "id"
    await sql.query(`DROP DATABASE IF EXISTS ${schema}`)
    await sql.query(`CREATE DATABASE ${schema}`)
    await sql.query("SET SESSION sql_mode = DEFAULT, time_zone = '+00:00'")
    await sql.query(`CREATE TABLE ${table} (${test.columns})`)
    await sql.query(`CREATE TABLE ${marker} (id INT PRIMARY KEY)`)
    const log = new MemoryLog()
    const warnings: Array<Readonly<Record<string, unknown>>> = []
    const runOf = (mapped: ReadonlyArray<string>, more: Partial<CaptureRun> = {}): CaptureRun => ({
      port: server.port,
      tables: [rowTable(table, [key], ...mapped), rowTable(marker, ["id"])],
      log,
      snapshotRows: 100,
      warnings,
      ...more
    })
    const insert = (n: number, mapped: ReadonlyArray<string>, values: (n: number) => string) =>
      sql.query(`INSERT INTO ${table} (${[key, ...mapped].join(", ")}) VALUES (${values(n)})`)
    const isMarked = () => fold(log, marker).has(`${marker}:1`)
    const rows = async (mapped: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
      const [found] = await sql.query<Array<RowDataPacket>>({
        sql: `SELECT ${[key, ...mapped].map((name) => `CAST(${name} AS CHAR) AS ${name}`).join(", ")} FROM ${table}`
      })
      return found.map((row) => textOf(row as Row, [key, ...mapped])).sort()
    }
    const folded = (mapped: ReadonlyArray<string>) =>
      [...fold(log, table).values()].map((row) => textOf(row, [key, ...mapped])).sort()
    return { table, key, log, warnings, runOf, insert, isMarked, rows, folded, marker }
  }

  const textOf = (row: Row, columns: ReadonlyArray<string>): string =>
    columns
      .map((name) =>
        String(row[name])
          .replace(/^(\d{4}-\d\d-\d\d)T/, "$1 ")
          .replace(/Z$/, "")
      )
      .join(" | ")

  /** Rows before, between and after the statements; row 4 is changed and row 5 removed behind them. */
  const play = async (test: DdlCase, world: Awaited<ReturnType<typeof worldOf>>) => {
    const after = test.valuesAfter ?? test.values
    const then =
      test.afterwards === undefined || test.afterwards === "accept" ? test.mapped : test.afterwards.mapped
    await world.insert(4, test.mapped, test.values)
    await world.insert(5, test.mapped, test.values)
    for (const [i, statement] of test.ddl.entries()) {
      await sql.query(
        statement.replaceAll(/\bT\b/g, world.table).replaceAll(/\bS\./g, `${world.table.split(".")[0]}.`)
      )
      // Before its last statement the table has its old shape, or is not there, or nothing is logged.
      if (i === 0 && !statement.startsWith("SET SESSION") && test.ddl.length > 1)
        await world.insert(10, test.mapped, test.values).catch(() => {})
    }
    await world.insert(20, then, after)
    await sql.query(
      `DELETE FROM ${world.table} WHERE ${world.key} = (SELECT * FROM (SELECT ${world.key} FROM ${world.table} ORDER BY ${world.key} DESC LIMIT 1) x)`
    )
    await world.insert(21, then, after)
    await sql.query(`INSERT INTO ${world.marker} VALUES (1)`)
  }

  const cases = DDL_CASES.filter(({ only }) => only === undefined || only === kind).flatMap((test, i) =>
    (["running", "down"] as const).map((mode) => ({
      test,
      mode,
      schema: `ddl_${i}_${mode}`,
      title: test.name
    }))
  )

  const start = async (test: DdlCase, schema: string) => {
    const world = await worldOf(test, schema)
    for (const n of [1, 2, 3]) await world.insert(n, test.mapped, test.values)
    await captureUntil(world.runOf(test.mapped), () => isCopied(world.log))
    return world
  }

  /** Plays while capture runs, or before it runs again; gives the failure it ends with. */
  const playOut = async (
    test: DdlCase,
    mode: "running" | "down",
    world: Awaited<ReturnType<typeof worldOf>>
  ): Promise<Stop | undefined> => {
    if (mode === "down") await play(test, world)
    const playing = mode === "running" ? play(test, world) : undefined
    const failure: unknown = await captureUntil(world.runOf(test.mapped), world.isMarked).catch(
      (error: unknown) => error
    )
    await playing
    return failure as Stop | undefined
  }

  it.each(cases.filter(({ test }) => test.outcome === "same"))(
    "$title, capture $mode: goes on, and the events are the table (G1)",
    { timeout: CASE_MILLIS },
    async ({ test, mode, schema }) => {
      const world = await start(test, schema)
      expect(await playOut(test, mode, world)).toBeUndefined()
      expect(world.folded(test.mapped)).toEqual(await world.rows(test.mapped))
      expect(world.warnings.filter((warning) => "fix" in warning)).toEqual([])
      const isShape = !["make another table like it"].includes(test.name)
      expect(world.warnings.length > 0).toBe(isShape)
    }
  )

  it.each(cases.filter(({ test }) => test.outcome === "copy"))(
    "$title, capture $mode: goes on, and says that the table must be copied anew (G1)",
    { timeout: CASE_MILLIS },
    async ({ test, mode, schema }) => {
      const world = await start(test, schema)
      expect(await playOut(test, mode, world)).toBeUndefined()
      const last = (rows: ReadonlyArray<string>) => rows.filter((row) => row.startsWith("21 |"))
      expect(last(world.folded(test.mapped))).toEqual(last(await world.rows(test.mapped)))
      expect(world.folded(test.mapped).length).toBe((await world.rows(test.mapped)).length)
      expect(world.warnings.filter((warning) => "fix" in warning)).toMatchObject([
        { table: world.table, fix: `gradewire snapshot start --table ${world.table}` }
      ])
    }
  )

  it.each(cases.filter(({ test }) => test.outcome === "stop"))(
    "$title, capture $mode: stops, and goes on as it says (G3)",
    { timeout: CASE_MILLIS },
    async ({ test, mode, schema }) => {
      const world = await start(test, schema)
      let failure = await playOut(test, mode, world)
      expect(failure).toMatchObject({
        _tag: "SchemaDrift",
        fate: "halt",
        table: world.table,
        columns: test.columnsNamed ?? []
      })
      expect(world.isMarked()).toBe(false)
      const accepted: Array<string> = []
      const mapped = test.afterwards === "accept" ? test.mapped : test.afterwards!.mapped
      while (failure !== undefined && accepted.length < test.ddl.length + 1) {
        if (test.afterwards === "accept") {
          const place = /acceptedStatements: \["([^"]+)"\]/.exec(failure.remedy)![1]!
          expect(accepted).not.toContain(place)
          accepted.push(place)
        }
        const more = { acceptedStatements: accepted }
        failure = (await captureUntil(world.runOf(mapped, more), world.isMarked).catch(
          (error: unknown) => error
        )) as Stop | undefined
        if (test.afterwards !== "accept") break
      }
      expect(failure).toBeUndefined()
      const last = (rows: ReadonlyArray<string>) => rows.filter((row) => /^(21|MjE)/.test(row))
      expect(last(world.folded(mapped)).length).toBe(1)
    }
  )
})
