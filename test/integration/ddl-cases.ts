/**
 * What people do to a table while it is captured, and what gradewire makes of it. docs/operations.md has the same table
 * for the DBA. `T` in a statement is the table, `S` its schema.
 */
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"

export interface DdlCase {
  readonly name: string
  /** Columns; `id` is the key unless `key` says otherwise. */
  readonly columns: string
  /** Mapped besides the key. */
  readonly mapped: ReadonlyArray<string>
  readonly key?: string
  /** Values of one row, by its number, in the order of key and mapped columns. */
  readonly values: (n: number) => string
  readonly ddl: ReadonlyArray<string>
  readonly only?: ServerKind
  /**
   * - `same`    goes on; the fold of the events is the table
   * - `copy`    goes on; rows written before were converted by the server and must be copied anew
   * - `stop`    stops with the columns named, before anything behind the DDL leaves
   */
  readonly outcome: "same" | "copy" | "stop"
  /** Columns that the stop names. */
  readonly columnsNamed?: ReadonlyArray<string>
  /** Values of one row after the DDL, where the shape asks for others. */
  readonly valuesAfter?: (n: number) => string
  /** After a stop: the new mapping, or what an operator accepts. */
  readonly afterwards?: { readonly mapped: ReadonlyArray<string> } | "accept"
}

const number = (n: number): string => `${n}, ${n * 10}`
const text = (n: number): string => `${n}, '分数 ${n}'`
const V = { columns: "id INT PRIMARY KEY, v INT, w INT", mapped: ["v"], values: number }
const TEXT = { columns: "id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4", mapped: ["v"] }
const two = (n: number): string => `${n}, ${n}, ${-n}`

/** The mapping survives, and every row of before reads as it did. */
const SAME: ReadonlyArray<Omit<DdlCase, "outcome">> = [
  { ...V, name: "add a column at the end", ddl: ["ALTER TABLE T ADD COLUMN x INT DEFAULT 7"] },
  { ...V, name: "add a column in front", ddl: ["ALTER TABLE T ADD COLUMN x VARCHAR(9) DEFAULT 'y' FIRST"] },
  {
    ...V,
    name: "add columns in an instant",
    ddl: ["ALTER TABLE T ADD COLUMN x DATETIME(3) AFTER id, ADD COLUMN y JSON, ALGORITHM=INSTANT"]
  },
  { ...V, name: "drop an unmapped column", ddl: ["ALTER TABLE T DROP COLUMN w"] },
  { ...V, name: "rename an unmapped column", ddl: ["ALTER TABLE T RENAME COLUMN w TO x"] },
  { ...V, name: "move a mapped column to the front", ddl: ["ALTER TABLE T MODIFY v INT FIRST"] },
  {
    name: "let two mapped columns of one type change places",
    columns: "id INT PRIMARY KEY, a INT, b INT",
    mapped: ["a", "b"],
    values: two,
    ddl: ["ALTER TABLE T MODIFY b INT AFTER id"]
  },
  { ...V, name: "INT to BIGINT", ddl: ["ALTER TABLE T MODIFY v BIGINT"] },
  { ...V, name: "INT to BIGINT in the key", ddl: ["ALTER TABLE T MODIFY id BIGINT"] },
  { ...V, name: "INT to VARCHAR", ddl: ["ALTER TABLE T MODIFY v VARCHAR(20)"] },
  {
    ...TEXT,
    name: "VARCHAR to TEXT",
    values: text,
    ddl: ["ALTER TABLE T MODIFY v TEXT CHARACTER SET utf8mb4"]
  },
  {
    ...TEXT,
    name: "convert to another character set",
    values: text,
    ddl: ["ALTER TABLE T CONVERT TO CHARACTER SET gbk"]
  },
  {
    name: "insert an ENUM label in the middle",
    columns: "id INT PRIMARY KEY, v ENUM('low','high')",
    mapped: ["v"],
    values: (n) => `${n}, '${n % 2 ? "low" : "high"}'`,
    ddl: ["ALTER TABLE T MODIFY v ENUM('low','middle','high')"]
  },
  {
    ...V,
    name: "add and drop indexes",
    ddl: ["ALTER TABLE T ADD INDEX i (v)", "ALTER TABLE T DROP INDEX i"]
  },
  {
    ...V,
    name: "partition",
    ddl: ["ALTER TABLE T PARTITION BY HASH (id) PARTITIONS 4", "ALTER TABLE T REORGANIZE PARTITION"]
  },
  {
    ...V,
    name: "add a column with SQL_LOG_BIN = 0",
    ddl: [
      "SET SESSION SQL_LOG_BIN = 0",
      "ALTER TABLE T ADD COLUMN x INT FIRST",
      "SET SESSION SQL_LOG_BIN = 1"
    ]
  },
  {
    ...V,
    name: "swap for a rebuilt copy as gh-ost does",
    ddl: [
      "CREATE TABLE S._t_gho LIKE T",
      "ALTER TABLE S._t_gho MODIFY v BIGINT FIRST, ADD COLUMN x INT",
      "INSERT INTO S._t_gho (id, v, w) SELECT id, v, w FROM T",
      "RENAME TABLE T TO S._t_del, S._t_gho TO T",
      "DROP TABLE S._t_del"
    ]
  },
  {
    ...V,
    name: "swap for a rebuilt copy as pt-online-schema-change does",
    ddl: [
      "CREATE TABLE S._t_new LIKE T",
      "ALTER TABLE S._t_new ADD COLUMN x INT AFTER id",
      "CREATE TRIGGER S.pt_osc_del AFTER DELETE ON T FOR EACH ROW DELETE IGNORE FROM S._t_new WHERE S._t_new.id <=> OLD.id",
      "CREATE TRIGGER S.pt_osc_upd AFTER UPDATE ON T FOR EACH ROW REPLACE INTO S._t_new (id, v, w) VALUES (NEW.id, NEW.v, NEW.w)",
      "CREATE TRIGGER S.pt_osc_ins AFTER INSERT ON T FOR EACH ROW REPLACE INTO S._t_new (id, v, w) VALUES (NEW.id, NEW.v, NEW.w)",
      "INSERT LOW_PRIORITY IGNORE INTO S._t_new (id, v, w) SELECT id, v, w FROM T",
      "RENAME TABLE T TO S._t_old, S._t_new TO T",
      "DROP TABLE IF EXISTS S._t_old"
    ]
  },
  {
    ...V,
    name: "make another table like it",
    ddl: ["CREATE TABLE S.x LIKE T", "TRUNCATE TABLE S.x", "DROP TABLE S.x"]
  },
  {
    ...V,
    name: "wait for the lock with SET STATEMENT",
    only: "mariadb",
    ddl: ["SET STATEMENT lock_wait_timeout = 5 FOR ALTER ONLINE TABLE T ADD COLUMN x INT FIRST"]
  }
]

/** The mapping survives, and the server converts what stands in the rows of before without saying so. */
const COPY: ReadonlyArray<Omit<DdlCase, "outcome">> = [
  {
    name: "another scale of a DECIMAL",
    columns: "id INT PRIMARY KEY, v DECIMAL(5,2)",
    mapped: ["v"],
    values: (n) => `${n}, ${n}.25`,
    ddl: ["ALTER TABLE T MODIFY v DECIMAL(6,1)"],
    valuesAfter: (n) => `${n}, ${n}.5`
  },
  {
    name: "more digits of a DATETIME",
    columns: "id INT PRIMARY KEY, v DATETIME",
    mapped: ["v"],
    values: (n) => `${n}, '2026-11-22 08:00:0${n % 10}'`,
    ddl: ["ALTER TABLE T MODIFY v DATETIME(3)"]
  },
  {
    name: "VARCHAR to INT",
    columns: "id INT PRIMARY KEY, v VARCHAR(20)",
    mapped: ["v"],
    values: (n) => `${n}, '0${n}'`,
    ddl: ["ALTER TABLE T MODIFY v INT"]
  },
  {
    name: "an ENUM label less",
    columns: "id INT PRIMARY KEY, v ENUM('fail','pass')",
    mapped: ["v"],
    values: (n) => `${n}, '${n % 2 ? "fail" : "pass"}'`,
    ddl: ["SET SESSION sql_mode = ''", "ALTER TABLE T MODIFY v ENUM('failed','pass')"],
    valuesAfter: (n) => `${n}, '${n % 2 ? "failed" : "pass"}'`
  },
  {
    name: "TIMESTAMP to DATETIME",
    columns: "id INT PRIMARY KEY, v TIMESTAMP NULL",
    mapped: ["v"],
    values: (n) => `${n}, '2026-11-22 08:00:0${n % 10}'`,
    ddl: ["ALTER TABLE T MODIFY v DATETIME"]
  }
]

/** Rows or mapped columns are gone, or nobody can tell: capture stops, and what it says leads on. */
const STOP: ReadonlyArray<Omit<DdlCase, "outcome">> = [
  {
    ...V,
    name: "rename a mapped column",
    ddl: ["ALTER TABLE T RENAME COLUMN v TO points"],
    columnsNamed: ["v"],
    afterwards: { mapped: ["points"] }
  },
  {
    ...V,
    name: "drop a mapped column",
    ddl: ["ALTER TABLE T DROP COLUMN v"],
    columnsNamed: ["v"],
    afterwards: { mapped: ["w"] }
  },
  {
    ...V,
    name: "drop a mapped column with SQL_LOG_BIN = 0",
    ddl: ["SET SESSION SQL_LOG_BIN = 0", "ALTER TABLE T DROP COLUMN v", "SET SESSION SQL_LOG_BIN = 1"],
    columnsNamed: ["v"],
    afterwards: { mapped: ["w"] }
  },
  {
    ...V,
    name: "drop a mapped column and add one of its name",
    ddl: ["ALTER TABLE T DROP COLUMN v, ADD COLUMN v INT DEFAULT 3"],
    columnsNamed: ["v"],
    afterwards: "accept"
  },
  {
    name: "let two mapped columns change names",
    columns: "id INT PRIMARY KEY, a INT, b INT",
    mapped: ["a", "b"],
    values: two,
    ddl: ["ALTER TABLE T RENAME COLUMN a TO b, RENAME COLUMN b TO a"],
    columnsNamed: ["a", "b"],
    afterwards: "accept"
  },
  {
    name: "retype the key so that it reads otherwise",
    columns: "id DECIMAL(10,0) PRIMARY KEY, v INT",
    mapped: ["v"],
    values: number,
    ddl: ["ALTER TABLE T MODIFY id DECIMAL(12,2)"],
    columnsNamed: ["id"],
    afterwards: "accept"
  },
  {
    name: "swap for a rebuilt copy whose key reads otherwise",
    columns: "id CHAR(4) PRIMARY KEY, v INT",
    mapped: ["v"],
    values: (n) => `'${n}', ${n}`,
    ddl: [
      "CREATE TABLE S._t_new (id BINARY(4) PRIMARY KEY, v INT)",
      "INSERT INTO S._t_new SELECT id, v FROM T",
      "RENAME TABLE T TO S._t_old, S._t_new TO T"
    ],
    columnsNamed: ["id"],
    afterwards: "accept"
  },
  { ...V, name: "TRUNCATE", ddl: ["TRUNCATE TABLE T"], afterwards: "accept" },
  {
    ...V,
    name: "drop and create with another shape",
    ddl: ["DROP TABLE T", "CREATE TABLE T (x INT, v INT, id BIGINT PRIMARY KEY)"],
    afterwards: "accept"
  },
  {
    ...V,
    name: "CREATE OR REPLACE",
    only: "mariadb",
    ddl: ["CREATE OR REPLACE TABLE T (id INT PRIMARY KEY, v INT)"],
    afterwards: "accept"
  },
  {
    ...V,
    name: "swap for an empty table",
    ddl: ["CREATE TABLE S.t2 LIKE T", "RENAME TABLE T TO S.t_2025, S.t2 TO T"],
    afterwards: "accept"
  },
  {
    ...V,
    name: "exchange a partition of another table with it",
    ddl: [
      "CREATE TABLE S.p LIKE T",
      "ALTER TABLE S.p PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (1000))",
      "ALTER TABLE S.p EXCHANGE PARTITION a WITH TABLE T"
    ],
    afterwards: "accept"
  },
  {
    ...V,
    name: "drop a partition",
    ddl: [
      "ALTER TABLE T PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (3), PARTITION b VALUES LESS THAN (1000))",
      "ALTER TABLE T DROP PARTITION a"
    ],
    afterwards: "accept"
  },
  {
    ...V,
    name: "ALTER IGNORE",
    only: "mariadb",
    ddl: ["ALTER IGNORE TABLE T ADD UNIQUE (v)"],
    afterwards: "accept"
  }
]

export const DDL_CASES: ReadonlyArray<DdlCase> = [
  ...SAME.map((each): DdlCase => ({ ...each, outcome: "same" })),
  ...COPY.map((each): DdlCase => ({ ...each, outcome: "copy" })),
  ...STOP.map((each): DdlCase => ({ ...each, outcome: "stop" }))
]
