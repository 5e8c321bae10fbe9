/** What reading a binlog needs to know besides its bytes. */
import type { WantedTable } from "../../src/capture/ChangeSource.ts"
import type { DisguisedColumns } from "./DisguisedColumns.ts"
import type { KnownRows } from "./known-rows.ts"

export interface ReaderSettings {
  readonly tables: ReadonlyArray<WantedTable>
  readonly charsetOf: (collation: number) => string | undefined
  readonly mariadb: boolean
  /** MariaDB: the column that ends a row's life, where the table is system-versioned. */
  readonly rowEndOf?: (schema: string, table: string) => string | undefined
  readonly disguises?: DisguisedColumns
  /** First byte of the first transaction to read. Events of the file before it are stepped over. */
  readonly file: string
  readonly position: number
  /** Where the server starts to send: `position`, or 4 where the dump command cannot express it. */
  readonly sentFrom: number
  /** A compressed transaction may take this many bytes, and all XA transactions that wait for their outcome. */
  readonly largestBytes: number
  /** Tables whose engine cannot roll back. */
  readonly nonTransactional: ReadonlySet<number>
  /** `file:position` of statements that may empty, drop or rename a wanted table. */
  readonly acceptedStatements: ReadonlySet<string>
  /** Rows that need not fit the mapping any more. */
  readonly known?: KnownRows | undefined
  /** What is captured already, if known: such transactions pass without their rows. Text of a GtidSet. */
  readonly captured?: string | undefined
  /** Reading begins on another server than the captured transactions came from. */
  readonly isFailover?: boolean
  /** Nothing was read before: transactions may have been prepared earlier. */
  readonly isFirstStart?: boolean
}
