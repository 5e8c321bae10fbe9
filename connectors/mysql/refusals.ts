/** What a transaction may hold that cannot be read with certainty, and what to do about it. Pure. */
import { SchemaDrift, Undecodable, type BeginEvent } from "../../src/capture/ChangeSource.ts"
import { DecodeFailure } from "./binlog/decode-failure.ts"
import type { StatementMeaning } from "./binlog/statement.ts"

/**
 * A statement that changed a wanted table without rows events; `undefined` where it did not, or where the operator has
 * seen it.
 *
 * @param accepted `file:position` of transactions that may pass
 */
export const statementRefusal = (
  meaning: StatementMeaning,
  begin: BeginEvent,
  accepted: ReadonlySet<string>
): SchemaDrift | DecodeFailure | undefined => {
  if (meaning._tag !== "Removes" && meaning._tag !== "ChangesRows") return undefined
  const at = `${begin.file}:${begin.position}`
  if (accepted.has(at)) return undefined
  const tables = meaning.tables.map((name) => `${name.schema}.${name.table}`).join(", ")
  if (meaning._tag === "Removes") {
    const { columns } = meaning
    const did =
      columns.length === 0
        ? `emptied, dropped, renamed or replaced ${tables}`
        : `dropped or renamed ${columns.join(", ")} of ${tables}`
    return new SchemaDrift({
      message: `${meaning.verb} ${did} in the transaction at ${at}`,
      table: tables,
      columns: [...columns],
      statement: at
    })
  }
  return new DecodeFailure(
    `${meaning.verb} in statement format`,
    `${meaning.verb} changed ${tables} by a statement (binlog_format is not ROW in that session) at ${at}`,
    `SET PERSIST binlog_format = ROW; on MariaDB: SET GLOBAL binlog_format = ROW; take SUPER from the account that overrides it. Then put acceptedStatements: ["${at}"] under source in the configuration, start again and reconcile the table.`
  )
}

/** @param wasLarge its rows had left already; else its tables cannot roll back */
export const rollbackRefusal = (wasLarge: boolean): DecodeFailure =>
  new DecodeFailure(
    "ROLLBACK",
    wasLarge
      ? "a large transaction was rolled back after its rows had been read"
      : "a transaction was rolled back that changed a mapped table whose engine cannot roll back",
    "ALTER TABLE … ENGINE = InnoDB; for every table that such transactions change. Then start over from a copy of the tables."
  )

/** A first start only: afterwards reading begins no later than at the oldest XA PREPARE that waits. */
export const unknownXaRefusal = (begin: BeginEvent): DecodeFailure => {
  const at = `${begin.file}:${begin.position}`
  return new DecodeFailure(
    "XA COMMIT",
    `the XA transaction that commits at ${at} was prepared before reading began, so its rows are not known`,
    `If it did not change a mapped table, put acceptedStatements: ["${at}"] under source in the configuration and start again. If it did, do the same, then copy the table: gradewire snapshot start --table …`
  )
}

export const missingColumns = (
  table: string,
  columns: ReadonlyArray<string>,
  begin: BeginEvent
): SchemaDrift =>
  new SchemaDrift({
    message: `${begin.file}:${begin.position}: ${table} has no column ${columns.join(", ")} any more`,
    table,
    columns: [...columns]
  })

export const xaSizeRefusal = (bytesMax: number): DecodeFailure =>
  new DecodeFailure(
    "XA transaction",
    `XA transactions that wait for their outcome hold more than ${bytesMax} bytes of mapped rows`,
    "Raise limits.sourceBytes in the configuration until this transaction is through, and keep the mapped tables out of large XA transactions."
  )

export const endlessRefusal = (begin: BeginEvent): Undecodable =>
  new Undecodable({
    message: `the transaction at ${begin.file}:${begin.position} has no end`,
    file: begin.file,
    position: begin.position,
    what: "transaction without end",
    fix: "The server died while it wrote a large transaction and rolled it back. Start over from a copy of the tables."
  })

export const incidentRefusal = (): DecodeFailure =>
  new DecodeFailure(
    "INCIDENT_EVENT",
    "the server reports that it lost events here",
    "The binlog has a hole at this place, see the server's error log. Start over from a copy of the tables."
  )

export const unknownEventRefusal = (type: number): DecodeFailure =>
  new DecodeFailure(
    `event type ${type}`,
    `event type ${type} is not known and the server does not allow to ignore it`,
    "Switch the server's feature that writes it off, or upgrade gradewire; then start again."
  )
