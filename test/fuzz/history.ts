/**
 * One random history against a real training database: a random table, rows from before the connector, then DML, DDL,
 * rotations and rollbacks while capture is stopped and started at random. The fold of the events must be the table.
 */
import { Effect } from "effect"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { Random } from "../../deploy/demo/Random.ts"
import { captureUntil, fold, isCopied, rowTable, type Row } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { quoteName, quoteTable, randomTable, type FuzzColumn, type FuzzTable } from "./random-table.ts"
import { Writer } from "./Writer.ts"

const MARKER_TABLE = "marker"

/** Statements of one session, which ends behind them where it is not the history's own. */
interface Step {
  readonly statements: ReadonlyArray<string>
  readonly elsewhere?: ReadonlyArray<string>
}

/** Prepared in a session that is gone when the other one decides; nothing else touches the table in between. */
const twoPhase = (writer: Writer, random: Random, changes: ReadonlyArray<string>): Step => {
  const xid = `'${random.whole(1, 1e9)}', '${writer.table.name.length}'`
  return {
    elsewhere: [`XA START ${xid}`, ...changes, `XA END ${xid}`, `XA PREPARE ${xid}`],
    statements: [
      ...(random.chance(0.5) ? ["FLUSH BINARY LOGS"] : []),
      `INSERT INTO ${quoteTable(writer.table.name.replace(/\..*/, `.${MARKER_TABLE}`))} VALUES (${random.whole(1000, 1e9)})`,
      `XA ${random.chance(0.7) ? "COMMIT" : "ROLLBACK"} ${xid}`
    ]
  }
}

/** Rows that are inserted or deleted whole need no FULL image. */
const minimal = (statement: string): ReadonlyArray<string> => [
  "SET SESSION binlog_row_image = MINIMAL",
  statement,
  "SET SESSION binlog_row_image = FULL"
]

/** One transaction or statement of the history. */
const step = (writer: Writer, random: Random): Step => {
  if (random.chance(0.06))
    return twoPhase(writer, random, [writer.insert(), writer.update(), writer.remove()])
  return { statements: plainStep(writer, random) }
}

const plainStep = (writer: Writer, random: Random): ReadonlyArray<string> => {
  const change = () =>
    random.pick([
      () => writer.insert(),
      () => writer.insert("REPLACE"),
      () => writer.update(),
      () => writer.update(),
      () => writer.moveKey(),
      () => writer.remove()
    ])()
  const dice = random.next()
  if (dice < 0.06) return ["FLUSH BINARY LOGS"]
  if (dice < 0.15) return writer.alter()
  if (dice < 0.19) return minimal(random.chance(0.5) ? writer.insert() : writer.remove())
  if (dice < 0.27) return ["BEGIN", change(), change(), "ROLLBACK"]
  if (dice < 0.36) return ["BEGIN", change(), "SAVEPOINT s", change(), "ROLLBACK TO s", change(), "COMMIT"]
  if (dice < 0.55) return ["BEGIN", change(), change(), change(), "COMMIT"]
  return [change()]
}

const truth = async (sql: Connection, { name, key, columns }: FuzzTable): Promise<ReadonlyArray<string>> => {
  const all = [...key, ...columns]
  const selected = all.map((column, index) => `${column.select(quoteName(column.name))} AS c${index}`)
  const [rows] = await sql.query<Array<RowDataPacket>>(
    `SELECT ${selected.join(", ")} FROM ${quoteTable(name)}`
  )
  const textOf = (column: FuzzColumn, value: string | null) =>
    value === null ? null : (column.serverText?.(value) ?? value)
  return rows
    .map((row) =>
      JSON.stringify(all.map((column, index) => textOf(column, row[`c${index}`] as string | null)))
    )
    .sort()
}

const folded = (log: MemoryLog, { name, key, columns }: FuzzTable): ReadonlyArray<string> => {
  const textOf = (column: FuzzColumn, row: Row) => {
    const value = row[column.name]
    return value === null || value === undefined ? null : column.text(value)
  }
  return [...fold(log, name).values()]
    .map((row) => JSON.stringify([...key, ...columns].map((column) => textOf(column, row))))
    .sort()
}

/** The server has forgotten the session before this resolves: until then nobody else may decide its XA transaction. */
const inSession = async (sql: Connection, port: number, statements: ReadonlyArray<string>): Promise<void> => {
  const session = await createConnection({ host: "127.0.0.1", port, user: "root" })
  const { threadId } = session
  try {
    await session.query("SET SESSION time_zone = '+00:00', sql_mode = ''")
    for (const statement of statements) await session.query(statement)
  } finally {
    await session.end()
  }
  for (;;) {
    const [left] = await sql.query<Array<RowDataPacket>>(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ?",
      [threadId]
    )
    if (left.length === 0) return
  }
}

const XAER_NOTA = 1397

/** Runs a statement. An XA transaction that changed nothing is gone with its session. */
const execute = async (sql: Connection, statement: string): Promise<void> => {
  try {
    await sql.query(statement)
  } catch (error) {
    if ((error as { readonly errno?: number }).errno !== XAER_NOTA) throw error
  }
}

/** Resolves once capture has said where it begins. */
const begun = async (log: MemoryLog): Promise<void> => {
  while (log.lastSequence === 0) await Effect.runPromise(Effect.asVoid(log.nextChange))
}

/**
 * Runs the history of a seed; resolves to the number of rows compared, rejects with what differs.
 *
 * @param sql connection without a default database; the history uses and drops a database of its own
 */
export const runHistory = async (sql: Connection, port: number, seed: number): Promise<number> => {
  const random = new Random(seed)
  const schema = `fuzz_${seed}`
  await sql.query(`DROP DATABASE IF EXISTS ${schema}`)
  await sql.query(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`)
  await sql.query("SET SESSION time_zone = '+00:00', sql_mode = ''")
  const table = randomTable(random, schema)
  const writer = new Writer(table, random)
  await sql.query(writer.create())
  await sql.query(`CREATE TABLE ${schema}.${MARKER_TABLE} (id INT PRIMARY KEY)`)
  const [firstKey, ...keys] = table.key.map(({ name }) => name)
  const tables = [
    rowTable(table.name, [firstKey!, ...keys], ...table.columns.map(({ name }) => name)),
    rowTable(`${schema}.${MARKER_TABLE}`, ["id"])
  ]
  const marker = `${schema}.${MARKER_TABLE}`
  const log = new MemoryLog()
  const run = {
    port,
    tables,
    log,
    snapshotRows: random.whole(1, 6),
    segmentEvents: random.pick([1, 2, 5, 200])
  }
  const play = async (steps: number) => {
    for (let index = 0; index < steps; index++) {
      const { statements, elsewhere } = step(writer, random)
      if (elsewhere !== undefined) await inSession(sql, port, elsewhere)
      for (const statement of statements) await execute(sql, statement)
    }
  }
  await play(random.whole(0, 8))
  for (let life = random.whole(1, 3); life > 0; life--) {
    const goal = log.lastSequence + random.whole(1, 5)
    const playing = (async () => {
      // What is prepared before the very first start and committed after it is refused, as it should be.
      await begun(log)
      await play(random.whole(1, 12))
      await sql.query(`INSERT INTO ${schema}.${MARKER_TABLE} VALUES (${-life})`)
    })()
    // Stopped in the middle of it, or behind its end where it brings fewer messages.
    const isOver = () => log.lastSequence >= goal || fold(log, marker).has(`${marker}:${-life}`)
    await Promise.all([playing, captureUntil(run, isOver)])
    if (random.chance(0.25)) {
      // Read by one life, decided before the next; a copy that still runs would bring the rows by itself.
      const { elsewhere = [], statements } = twoPhase(writer, random, [writer.insert(), writer.update()])
      await inSession(sql, port, elsewhere)
      await sql.query(`INSERT INTO ${marker} VALUES (${-100 - life})`)
      await captureUntil(run, () => isCopied(log) && fold(log, marker).has(`${marker}:${-100 - life}`))
      for (const statement of statements) await execute(sql, statement)
    }
  }
  await play(random.whole(0, 6))
  await sql.query(`INSERT INTO ${schema}.${MARKER_TABLE} VALUES (1)`)
  await captureUntil(run, () => isCopied(log) && fold(log, marker).has(`${marker}:1`))
  const [expected, found] = [await truth(sql, table), folded(log, table)]
  await sql.query(`DROP DATABASE ${schema}`)
  const missing = expected.filter((row) => !found.includes(row))
  const extra = found.filter((row) => !expected.includes(row))
  if (missing.length > 0 || extra.length > 0 || expected.length !== found.length) {
    throw new Error(
      `seed ${seed}: ${expected.length} rows in the table, ${found.length} from the events; missing ${missing[0]}, extra ${extra[0]}; ${writer.create()}`
    )
  }
  return expected.length
}
