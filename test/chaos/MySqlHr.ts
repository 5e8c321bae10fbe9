/** HR on MySQL or MariaDB: the demo's tables in their words, with the same rules. */
import { randomBytes } from "node:crypto"
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise"
import { type PrintedProfile, profileOf } from "../../deploy/demo/read-databases.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { START } from "../../schemas/position.ts"
import {
  COMMENT_MAX,
  enterEmployees,
  type HrDatabase,
  type HrSession,
  POISON_WORD,
  type ProfileKind
} from "./HrDatabase.ts"
import { mysqlTargetFraming } from "./mysql-target-framer.ts"

const TABLES = [
  "CREATE DATABASE hr CHARACTER SET utf8mb4",
  `CREATE TABLE hr.employee (
    工号 varchar(20) NOT NULL PRIMARY KEY, 姓名 varchar(64) NOT NULL, phone varchar(20), email varchar(128),
    department varchar(64) NOT NULL, KEY (phone), KEY (email)
  )`,
  `CREATE TABLE hr.training_record (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, employee_no varchar(20) NOT NULL, exam_title varchar(128) NOT NULL,
    exam_score decimal(5,2), full_mark decimal(5,2) NOT NULL, pass_mark decimal(5,2) NOT NULL,
    finish_timestamp datetime(3) NOT NULL COMMENT 'UTC+8', comment varchar(${COMMENT_MAX}),
    source_ref varchar(128) NOT NULL UNIQUE,
    FOREIGN KEY (employee_no) REFERENCES hr.employee (工号),
    CONSTRAINT sound_comment CHECK (comment NOT LIKE '${POISON_WORD}%')
  )`
]

const RIGHTS = [
  "GRANT ALL PRIVILEGES ON gradewire.* TO gradewire@'%'",
  "GRANT SELECT ON hr.employee TO gradewire@'%'",
  "GRANT SELECT, INSERT, UPDATE, DELETE ON hr.training_record TO gradewire@'%'"
]

/** @param table with its database; @param when INSERT, UPDATE or DELETE */
const note = (table: string, when: string, into: string, columns: string, values: string): string =>
  `CREATE TRIGGER ${table.split(".")[0]}.note_${into}_${when} AFTER ${when} ON ${table}
  FOR EACH ROW INSERT INTO audit.${into} (${columns}) VALUES (${values})`

const REFUSE = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'chaos: rows of this table are never deleted'"

/** A trigger lives in the database of its table; what it notes commits together with what it tells of. */
const AUDIT = [
  "CREATE DATABASE audit CHARACTER SET utf8mb4",
  "CREATE TABLE audit.ledger (n bigint AUTO_INCREMENT PRIMARY KEY, result_id text, position text, event_id text)",
  `CREATE TABLE audit.progress (n bigint AUTO_INCREMENT PRIMARY KEY, lane int, position text, generation bigint,
    epoch bigint)`,
  "CREATE TABLE audit.profile (n bigint AUTO_INCREMENT PRIMARY KEY, ref text, score text)",
  ...["INSERT", "UPDATE"].flatMap((when) => [
    note(
      "gradewire.result_ledger",
      when,
      "ledger",
      "result_id, position, event_id",
      "NEW.result_id, NEW.position, NEW.event_id"
    ),
    note(
      "gradewire.apply_offset",
      when,
      "progress",
      "lane, position, generation, epoch",
      "NEW.lane, NEW.position, NEW.generation, NEW.epoch"
    )
  ]),
  // a deleted row of the ledger would unlock older changes; only a place that lanes keep for one may go
  `CREATE TRIGGER gradewire.keep_result_ledger BEFORE DELETE ON gradewire.result_ledger FOR EACH ROW
    IF OLD.position <> '${START}' THEN ${REFUSE}; END IF`,
  `CREATE TRIGGER gradewire.keep_apply_offset BEFORE DELETE ON gradewire.apply_offset FOR EACH ROW ${REFUSE}`
]

const NOTE_MAPPED = [
  ...["INSERT", "UPDATE"].map((when) =>
    note(
      "hr.training_record",
      when,
      "profile",
      "ref, score",
      "NEW.source_ref, coalesce(NEW.exam_score, 'NULL')"
    )
  ),
  note("hr.training_record", "DELETE", "profile", "ref, score", "OLD.source_ref, NULL")
]

const SHOWN = "coalesce(CAST(CAST(NEW.score_raw AS decimal(5,2)) AS char), 'NULL')"
const COMMENT = "JSON_UNQUOTE(NULLIF(JSON_EXTRACT(attributes, '$.comment'), CAST('null' AS json)))"
const COMMENT_MARIADB = "JSON_VALUE(attributes, '$.comment')"

/** Revoked rows stay, and are gone for those who look; the history is only ever added to. */
const noteOwn = (comment: string): ReadonlyArray<string> => [
  "DROP TABLE hr.training_record",
  `CREATE VIEW hr.training_record AS
    SELECT result_id AS id, result_id AS source_ref, employee_key AS employee_no, assessment_title AS exam_title,
      CAST(score_raw AS decimal(5,2)) AS exam_score, CAST(score_max AS decimal(5,2)) AS full_mark,
      CAST(score_pass AS decimal(5,2)) AS pass_mark, CONVERT_TZ(submitted_at, '+00:00', '+08:00') AS finish_timestamp,
      ${comment} AS comment
    FROM gradewire.training_record WHERE state = 'recorded'`,
  `ALTER TABLE gradewire.training_record ADD CONSTRAINT sound_comment
    CHECK (${comment} NOT LIKE '${POISON_WORD}%' AND CHAR_LENGTH(${comment}) <= ${COMMENT_MAX})`,
  ...["INSERT", "UPDATE"].map((when) =>
    note(
      "gradewire.training_record",
      when,
      "profile",
      "ref, score",
      `NEW.result_id, IF(NEW.state = 'recorded', ${SHOWN}, NULL)`
    )
  ),
  `CREATE TRIGGER gradewire.keep_training_record BEFORE DELETE ON gradewire.training_record FOR EACH ROW ${REFUSE}`,
  ...["UPDATE", "DELETE"].map(
    (
      when
    ) => `CREATE TRIGGER gradewire.keep_history_${when} BEFORE ${when} ON gradewire.training_record_history
    FOR EACH ROW ${REFUSE}`
  )
]

const profileWitness = (profile: ProfileKind, kind: RunningServer["kind"]): ReadonlyArray<string> =>
  profile === "mapped" ? NOTE_MAPPED : noteOwn(kind === "mariadb" ? COMMENT_MARIADB : COMMENT)

const EMPLOYEES = "SELECT 工号 AS no, phone, email FROM hr.employee"
const PROFILE = `
  SELECT source_ref AS ref, employee_no AS employeeNo, exam_title, CAST(exam_score AS CHAR) AS exam_score,
    CAST(full_mark AS CHAR) AS full_mark, CAST(pass_mark AS CHAR) AS pass_mark,
    DATE_FORMAT(CONVERT_TZ(finish_timestamp, '+08:00', '+00:00'), '%Y-%m-%d %H:%i:%s.%f') AS finish_timestamp, comment
  FROM hr.training_record`
const HELD = "SELECT result_id AS ref, reason FROM gradewire.held_change"
const DEAD =
  "SELECT coalesce(result_id, position) AS ref, reason FROM gradewire.dead_letter WHERE state IN ('open', 'waiting', 'replay')"
const LEDGER = "SELECT count(*) AS recorded FROM gradewire.result_ledger WHERE state = 'recorded'"

class MySqlSession implements HrSession {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async rows<Row extends object>(
    text: string,
    values: ReadonlyArray<string | null> = []
  ): Promise<ReadonlyArray<Row>> {
    const [rows] = await this.#connection.query<Array<RowDataPacket>>(text, [...values])
    return rows as unknown as ReadonlyArray<Row>
  }

  async end(): Promise<void> {
    await Promise.resolve(this.#connection.destroy())
  }
}

const connect = async (server: RunningServer): Promise<HrSession> => {
  const connection = await createConnection({ uri: server.url, charset: "UTF8MB4_BIN", dateStrings: true })
  // the server may be killed while it answers
  connection.on("error", () => undefined)
  return new MySqlSession(connection)
}

const withSession = async <A>(server: RunningServer, act: (session: HrSession) => Promise<A>): Promise<A> => {
  const session = await connect(server)
  try {
    return await act(session)
  } finally {
    await session.end()
  }
}

const inTurn = async (session: HrSession, statements: ReadonlyArray<string>): Promise<void> => {
  for (const statement of statements) await session.rows(statement)
}

const endSessionsOfGradewire = async (session: HrSession): Promise<void> => {
  const open = await session.rows<{ ID: number }>(
    "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'gradewire'"
  )
  // one may have ended meanwhile
  for (const { ID } of open) await session.rows(`KILL ${ID}`).catch(() => undefined)
}

export const mySqlHr = (server: RunningServer): HrDatabase => ({
  server,
  framing: mysqlTargetFraming,
  connect: () => connect(server),
  clear: () =>
    withSession(server, (session) =>
      inTurn(session, [
        ...["hr", "gradewire", "audit"].map((name) => `DROP DATABASE IF EXISTS ${name}`),
        "DROP USER IF EXISTS gradewire@'%'",
        server.kind === "mariadb" ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS"
      ])
    ),
  create: (employees) =>
    withSession(server, async (session) => {
      const account = { user: "gradewire", password: randomBytes(18).toString("base64url") }
      await inTurn(session, TABLES)
      await enterEmployees(session, employees)
      await session.rows("CREATE USER gradewire@'%' IDENTIFIED BY ?", [account.password])
      await inTurn(session, RIGHTS)
      return account
    }),
  audit: (profile) => [...AUDIT, ...profileWitness(profile, server.kind)],
  read: async (session) => ({
    employees: await session.rows(EMPLOYEES),
    profile: (await session.rows<PrintedProfile>(PROFILE)).map(profileOf),
    held: await session.rows(HELD),
    ledger: (await session.rows<{ recorded: number }>(LEDGER))[0]!.recorded,
    deadLetters: await session.rows(DEAD)
  }),
  setReadOnly: async (session, isReadOnly) => {
    await session.rows(`SET GLOBAL read_only = ${isReadOnly ? 1 : 0}`)
  },
  endSessionsOfGradewire,
  lockProfile: async (session, meanwhile) => {
    await session.rows("LOCK TABLES hr.training_record WRITE")
    await meanwhile()
    await session.rows("UNLOCK TABLES")
  },
  // InnoDB gives up the transaction that has changed least (manual, 17.7.5.2), which is always the one of the test
  patience: (isPatient) => [`SET SESSION innodb_lock_wait_timeout = ${isPatient ? 20 : 1}`],
  notInCopy: []
})
