/** The profile store's world in a real MySQL or MariaDB: one server, emptied for every test. */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { fileURLToPath } from "node:url"
import { migrate } from "../../connectors/hr/mysql/migrate.ts"
import { openLanes } from "../../connectors/hr/mysql/MySqlLanes.ts"
import { openOffsetDesk } from "../../connectors/hr/mysql/MySqlOffsetDesk.ts"
import { openDeadLetters } from "../../connectors/hr/mysql/MySqlDeadLetters.ts"
import { openTrace } from "../../connectors/hr/mysql/MySqlTrace.ts"
import { openIdentityJudge } from "../../connectors/hr/mysql/MySqlIdentityJudge.ts"
import { openHeld } from "../../connectors/hr/mysql/MySqlHeld.ts"
import { layer } from "../../connectors/hr/mysql/MySqlProfileStore.ts"
import type { MySqlOptions } from "../../connectors/hr/mysql/mysql-client.ts"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import type { Lane } from "../../schemas/lane.ts"
import { startServer, type RunningServer, type StartOptions } from "../../deploy/servers/server.ts"
import type { LaneDesk } from "../../src/apply/LaneDesk.ts"
import type { OffsetDesk } from "../../src/apply/OffsetDesk.ts"
import type { DeadLetterDesk } from "../../src/apply/DeadLetterDesk.ts"
import type { IdentityJudge } from "../../src/identity/IdentityJudge.ts"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import type { TraceDesk } from "../../src/apply/TraceDesk.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { EMPLOYEES, SCORES, type HrWorld } from "./hr-world.ts"
import type { ConversionWorld } from "./conversions.ts"
import { COMPLETE_SCORES, DELETED_SCORES, OWN_SCORES, suiteRow } from "./own-scores.ts"
import { personValues, PERSONS, PROVING, type ProvingWorld } from "./people-proofs.ts"
import type { OwnWorld } from "./profile-store-own.ts"

export const MIGRATIONS = fileURLToPath(new URL("../../schemas/hr/migrations/mysql", import.meta.url))

/** Collations that know no case, as HR databases have them. */
const TABLES = `
create database hr character set utf8mb4 collate utf8mb4_general_ci;
create table hr.employee (\`工号\` varchar(20) not null, mobile varchar(20), \`E-Mail\` varchar(100),
  key (\`工号\`), key (mobile), key (\`E-Mail\`));
create table hr.training_record (
  id int auto_increment primary key, \`工号\` varchar(12) not null, \`分数\` decimal(5,2), result_id varchar(64) not null,
  title text, \`no"te\` text, \`system\` varchar(10) not null, entered_by_hand text, unique key (\`system\`, result_id)
);
create table hr.drill_record (\`工号\` varchar(20), result_id varchar(64), grade text, state varchar(10),
  unique key (\`工号\`, result_id));
create table hr.quiz_record (\`工号\` varchar(20), result_id varchar(64) unique, grade text)`

const OURS = [
  "apply_offset",
  "offset_history",
  "result_ledger",
  "learner_directory",
  "assessment_directory",
  "person_link",
  "employee_spelling",
  "employee_reading",
  "held_change",
  "dead_letter",
  "dead_letter_decision",
  "ignored_change",
  "person_decision",
  "training_record",
  "training_record_history"
].map((table) => `gradewire.${table}`)
const THEIRS = ["hr.employee", "hr.training_record", "hr.drill_record", "hr.quiz_record"]

export const mysqlOptions = (server: RunningServer, over: Partial<MySqlOptions> = {}): MySqlOptions => ({
  host: server.host,
  port: server.port,
  user: "root",
  password: undefined,
  tls: false,
  applicationName: "gradewire/test",
  ...over
})

export class MySqlWorlds {
  readonly server: RunningServer
  /** The test's own connection. */
  connection: Connection
  private scope = Scope.makeUnsafe()
  private constructor(server: RunningServer, connection: Connection) {
    this.server = server
    this.connection = connection
  }

  static async start(kind: "mysql" | "mariadb", options: StartOptions = {}): Promise<MySqlWorlds> {
    const server = await startServer(kind, options)
    const worlds = new MySqlWorlds(server, await MySqlWorlds.connect(server))
    await worlds.connection.query(TABLES)
    await Effect.runPromise(migrate({ mysql: mysqlOptions(server), migrationsFolder: MIGRATIONS }))
    return worlds
  }

  static async connect(server: RunningServer): Promise<Connection> {
    const connection = await createConnection({
      uri: server.url,
      charset: "UTF8MB4_BIN",
      multipleStatements: true,
      dateStrings: true,
      jsonStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true
    })
    connection.on("error", () => undefined)
    return connection
  }

  /** After the server was down. */
  async reconnect(): Promise<void> {
    this.connection.destroy()
    this.connection = await MySqlWorlds.connect(this.server)
  }

  async stop(): Promise<void> {
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
    this.connection.destroy()
    await this.server.stop()
  }

  async sql(text: string, values: ReadonlyArray<unknown> = []): Promise<ReadonlyArray<RowDataPacket>> {
    return (await this.connection.query<Array<RowDataPacket>>(text, [...values]))[0]
  }

  process(
    over: Partial<MySqlOptions> = {},
    scores: HrMappingConfig["scores"] = SCORES
  ): ProfileStore["Service"] {
    return this.processOf({ scores, employees: EMPLOYEES, zone: 480 }, over)
  }

  processOf(
    mapping: HrMappingConfig,
    over: Partial<MySqlOptions> = {},
    lane?: Lane
  ): ProfileStore["Service"] {
    const store = layer({
      connector: "test",
      holder: "conformance",
      lane,
      mysql: mysqlOptions(this.server, over),
      mapping
    })
    return Context.get(Effect.runSync(Layer.buildWithScope(store, this.scope)), ProfileStore)
  }

  laneDesk(): LaneDesk {
    return Effect.runSync(Scope.provide(openLanes(mysqlOptions(this.server), "test"), this.scope))
  }

  offsetDesk(): OffsetDesk {
    return Effect.runSync(Scope.provide(openOffsetDesk(mysqlOptions(this.server), "test"), this.scope))
  }

  desk(): DeadLetterDesk {
    const opened = openDeadLetters(mysqlOptions(this.server), "test")
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  heldDesk(scores: HrMappingConfig["scores"] = SCORES, employees = EMPLOYEES): HeldDesk {
    const mapping = { scores, employees, zone: 480 }
    const opened = openHeld({ connector: "test", holder: "desk", mysql: mysqlOptions(this.server), mapping })
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  identityJudge(employees = EMPLOYEES): IdentityJudge {
    const mapping = { scores: SCORES, employees, zone: 480 }
    const mysql = mysqlOptions(this.server)
    const opened = openIdentityJudge({ connector: "test", holder: "desk", mysql, mapping })
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  traceDesk(): TraceDesk {
    return Effect.runSync(Scope.provide(openTrace(mysqlOptions(this.server), "test"), this.scope))
  }

  /** Emptied; processes of before have ended, or the server would run out of connections. */
  async open(): Promise<HrWorld> {
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
    this.scope = Scope.makeUnsafe()
    for (const table of [...OURS, ...THEIRS]) await this.sql(`delete from ${table}`)
    await this.limitScores(false)
    await this.limitScores(false, "gradewire")
    return this.reopened()
  }

  /** Emptied, for targets of the test's own. */
  async openMapped(): Promise<ConversionWorld> {
    const world = await this.open()
    return { ...world, mapped: (scores) => this.process({}, scores), sql: (text) => this.sql(text) }
  }

  /** Emptied, with the employee table of people-proofs.ts. */
  async openProving(): Promise<ProvingWorld> {
    const world = await this.open()
    await this.sql("drop table if exists hr.person")
    await this.sql(PERSONS)
    return {
      ...world,
      proving: (employees = PROVING) => this.processOf({ scores: SCORES, employees, zone: 480 }),
      enter: async (...people) => {
        for (const person of people)
          await this.sql("insert into hr.person values (?, ?, ?, ?, ?, ?, ?, ?)", personValues(person))
      }
    }
  }

  /** Emptied; scores are filed in gradewire's own tables. */
  async openOwn(): Promise<OwnWorld> {
    const world = await this.open()
    return {
      ...world,
      process: () => this.process({}, OWN_SCORES),
      deleting: () => this.process({}, DELETED_SCORES),
      complete: () => this.process({}, COMPLETE_SCORES),
      sql: (text) => this.sql(text),
      profile: async (table) =>
        (await this.sql("select * from gradewire.training_record order by result_id")).flatMap((row) =>
          suiteRow(table, row)
        ),
      limitScores: (isLimited) => this.limitScores(isLimited, "gradewire", "score_raw")
    }
  }

  /** A trigger, because MySQL and MariaDB name and drop checks differently. */
  private async limitScores(isLimited: boolean, schema = "hr", column = "分数"): Promise<void> {
    for (const when of ["insert", "update"]) {
      await this.sql(`drop trigger if exists ${schema}.score_limit_${when}`)
      if (isLimited) {
        await this.sql(`create trigger ${schema}.score_limit_${when} before ${when} on ${schema}.training_record for each row
          begin if new.\`${column}\` > 100 then signal sqlstate '45000' set message_text = 'score above 100'; end if; end`)
      }
    }
  }

  /** As it is, over the connection of this moment. */
  reopened(): HrWorld {
    const rows = (text: string, values: ReadonlyArray<unknown> = []) => this.sql(text, values)
    return {
      process: (lane) => this.processOf({ scores: SCORES, employees: EMPLOYEES, zone: 480 }, {}, lane),
      hire: async (...employees) => {
        for (const { no, phone, email } of employees)
          await rows("insert into hr.employee values (?, ?, ?)", [no, phone ?? null, email ?? null])
      },
      renumber: async (no, phone) => {
        await rows("update hr.employee set mobile = ? where `工号` = ?", [phone, no])
      },
      profile: async (table) => {
        const found = await rows(`select * from ${table} order by result_id`)
        return found.map((row) =>
          Object.fromEntries(
            Object.entries(row).filter(([name]) => name !== "id" && name !== "entered_by_hand")
          )
        )
      },
      held: async () =>
        (await rows("select result_id, reason from gradewire.held order by result_id")).map((row) => [
          row["result_id"],
          row["reason"]
        ]),
      letters: async () =>
        (await rows("select result_id, state from gradewire.dead_letters order by position")).map((row) => [
          row["result_id"],
          row["state"]
        ]),
      decide: async (result, state) => {
        await rows("update gradewire.dead_letter set state = ? where result_id = ? and state = 'open'", [
          state,
          result
        ])
      },
      limitScores: (isLimited) => this.limitScores(isLimited),
      backup: async () => {
        const all = [...OURS, ...THEIRS]
        /** A generated column takes no value. */
        const columnsOf = async (table: string): Promise<string> => {
          const found = await rows(
            `select column_name as name from information_schema.columns
            where concat(table_schema, '.', table_name) = ? and coalesce(generation_expression, '') = ''`,
            [table]
          )
          return found.map(({ name }) => `\`${String(name)}\``).join(", ")
        }
        for (const table of all) {
          const columns = await columnsOf(table)
          await rows(`create table hr.\`backup ${table}\` like ${table}`)
          await rows(`insert into hr.\`backup ${table}\` (${columns}) select ${columns} from ${table}`)
        }
        return async () => {
          for (const table of all) {
            const columns = await columnsOf(table)
            await rows(`delete from ${table}`)
            await rows(`insert into ${table} (${columns}) select ${columns} from hr.\`backup ${table}\``)
            await rows(`drop table hr.\`backup ${table}\``)
          }
        }
      }
    }
  }
}
