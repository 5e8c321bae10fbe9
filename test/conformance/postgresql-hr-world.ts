/** The profile store's world in a real PostgreSQL: one database, emptied for every test. */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { Client } from "pg"
import { fileURLToPath } from "node:url"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { openLanes } from "../../connectors/hr/postgres/PostgresLanes.ts"
import { openOffsetDesk } from "../../connectors/hr/postgres/PostgresOffsetDesk.ts"
import { openDeadLetters } from "../../connectors/hr/postgres/PostgresDeadLetters.ts"
import { openTrace } from "../../connectors/hr/postgres/PostgresTrace.ts"
import { openIdentityJudge } from "../../connectors/hr/postgres/PostgresIdentityJudge.ts"
import { openHeld } from "../../connectors/hr/postgres/PostgresHeld.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import type { PostgresOptions } from "../../connectors/hr/postgres/postgres-client.ts"
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

export const MIGRATIONS = fileURLToPath(new URL("../../schemas/hr/migrations/postgresql", import.meta.url))

const TABLES = `
create schema hr;
create table hr.employee ("工号" text not null, mobile varchar(20), "E-Mail" text);
create index on hr.employee ("工号");
create index on hr.employee (mobile);
create index on hr.employee ("E-Mail");
create table hr.training_record (
  id serial primary key, "工号" varchar(12) not null, "分数" numeric(5,2), result_id text not null, title text,
  "no""te" text, system text not null, entered_by_hand text, unique (system, result_id)
);
create table hr.drill_record ("工号" text, result_id text, grade text, state text, unique ("工号", result_id));
create table hr.quiz_record ("工号" text, result_id text unique, grade text)`

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

export const postgresOptions = (
  server: RunningServer,
  over: Partial<PostgresOptions> = {}
): PostgresOptions => ({
  host: server.host,
  port: server.port,
  database: "postgres",
  user: "postgres",
  password: undefined,
  tls: false,
  applicationName: "gradewire/test",
  ...over
})

/** A connection that may break without ending the test. */
const connected = async (server: RunningServer): Promise<Client> => {
  const client = new Client(server.url)
  client.on("error", () => undefined)
  await client.connect()
  return client
}

export class PostgresWorlds {
  readonly server: RunningServer
  /** The test's own connection. */
  client: Client
  private scope = Scope.makeUnsafe()
  private constructor(server: RunningServer, client: Client) {
    this.server = server
    this.client = client
  }

  static async start(options: StartOptions = {}): Promise<PostgresWorlds> {
    const server = await startServer("postgresql", options)
    const worlds = new PostgresWorlds(server, await connected(server))
    await worlds.client.query(TABLES)
    await Effect.runPromise(migrate({ postgres: postgresOptions(server), migrationsFolder: MIGRATIONS }))
    return worlds
  }

  /** After the server was down. */
  async reconnect(): Promise<void> {
    this.client = await connected(this.server)
  }

  async stop(): Promise<void> {
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
    await this.client.end().catch(() => undefined)
    await this.server.stop()
  }

  process(
    over: Partial<PostgresOptions> = {},
    scores: HrMappingConfig["scores"] = SCORES,
    lane?: Lane,
    employees: HrMappingConfig["employees"] = EMPLOYEES
  ): ProfileStore["Service"] {
    const store = layer({
      connector: "test",
      holder: "conformance",
      lane,
      postgres: postgresOptions(this.server, over),
      mapping: { scores, employees, zone: 480 }
    })
    return Context.get(Effect.runSync(Layer.buildWithScope(store, this.scope)), ProfileStore)
  }

  laneDesk(): LaneDesk {
    return Effect.runSync(Scope.provide(openLanes(postgresOptions(this.server), "test"), this.scope))
  }

  offsetDesk(): OffsetDesk {
    return Effect.runSync(Scope.provide(openOffsetDesk(postgresOptions(this.server), "test"), this.scope))
  }

  desk(): DeadLetterDesk {
    const opened = openDeadLetters(postgresOptions(this.server), "test")
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  heldDesk(scores: HrMappingConfig["scores"] = SCORES, employees = EMPLOYEES): HeldDesk {
    const mapping = { scores, employees, zone: 480 }
    const opened = openHeld({
      connector: "test",
      holder: "desk",
      postgres: postgresOptions(this.server),
      mapping
    })
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  identityJudge(employees = EMPLOYEES): IdentityJudge {
    const mapping = { scores: SCORES, employees, zone: 480 }
    const postgres = postgresOptions(this.server)
    const opened = openIdentityJudge({ connector: "test", holder: "desk", postgres, mapping })
    return Effect.runSync(Scope.provide(opened, this.scope))
  }

  traceDesk(): TraceDesk {
    return Effect.runSync(Scope.provide(openTrace(postgresOptions(this.server), "test"), this.scope))
  }

  /** Emptied; processes of before have ended, or the server would run out of connections. */
  async open(): Promise<HrWorld> {
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
    this.scope = Scope.makeUnsafe()
    await this.client.query(`truncate ${[...OURS, ...THEIRS].join(", ")}`)
    await this.client.query("alter table hr.training_record drop constraint if exists score_limit")
    await this.client.query("alter table gradewire.training_record drop constraint if exists score_limit")
    return this.reopened()
  }

  /** Emptied, for targets of the test's own. */
  async openMapped(): Promise<ConversionWorld> {
    const world = await this.open()
    return {
      ...world,
      mapped: (scores) => this.process({}, scores),
      sql: async (text) => (await this.client.query(text)).rows
    }
  }

  /** Emptied, with the employee table of people-proofs.ts. */
  async openProving(): Promise<ProvingWorld> {
    const world = await this.open()
    await this.client.query(`drop table if exists hr.person; ${PERSONS}`)
    return {
      ...world,
      proving: (employees = PROVING) => this.process({}, SCORES, undefined, employees),
      enter: async (...people) => {
        for (const person of people)
          await this.client.query("insert into hr.person values ($1, $2, $3, $4, $5, $6, $7, $8)", [
            ...personValues(person)
          ])
      }
    }
  }

  /** Emptied; scores are filed in gradewire's own tables. */
  async openOwn(): Promise<OwnWorld> {
    const world = await this.open()
    const query = async (text: string) =>
      (await this.client.query(text)).rows as ReadonlyArray<Record<string, unknown>>
    return {
      ...world,
      process: () => this.process({}, OWN_SCORES),
      deleting: () => this.process({}, DELETED_SCORES),
      complete: () => this.process({}, COMPLETE_SCORES),
      sql: async (text) => {
        await this.client.query("set time zone 'UTC'")
        return query(text)
      },
      profile: async (table) =>
        (await query("select * from gradewire.training_record order by result_id")).flatMap((row) =>
          suiteRow(table, row)
        ),
      limitScores: async (isLimited) => {
        await query(
          `alter table gradewire.training_record ${isLimited ? "add constraint score_limit check (score_raw <= 100)" : "drop constraint score_limit"}`
        )
      }
    }
  }

  /** As it is, over the connection of this moment. */
  reopened(): HrWorld {
    const { client } = this
    const rows = async (text: string, values: ReadonlyArray<unknown> = []) =>
      (await client.query(text, [...values])).rows
    return {
      process: (lane) => this.process({}, SCORES, lane),
      hire: async (...employees) => {
        for (const { no, phone, email } of employees)
          await rows("insert into hr.employee values ($1, $2, $3)", [no, phone ?? null, email ?? null])
      },
      renumber: async (no, phone) => {
        await rows('update hr.employee set mobile = $2 where "工号" = $1', [no, phone])
      },
      profile: async (table) => {
        const found = await rows(
          `select (to_jsonb(t) - 'id' - 'entered_by_hand') as row from ${table} t order by result_id`
        )
        return found.map(({ row }) =>
          Object.fromEntries(
            Object.entries(row as object).map(([key, value]) => [
              key,
              key === "分数" && value !== null ? Number(value).toFixed(2) : value
            ])
          )
        )
      },
      held: async () =>
        (await rows("select result_id, reason from gradewire.held order by result_id")).map((row) => [
          row.result_id,
          row.reason
        ]),
      letters: async () =>
        (await rows("select result_id, state from gradewire.dead_letters order by position")).map((row) => [
          row.result_id,
          row.state
        ]),
      decide: async (result, state) => {
        await rows("update gradewire.dead_letter set state = $2 where result_id = $1 and state = 'open'", [
          result,
          state
        ])
      },
      limitScores: async (isLimited) => {
        await rows(
          isLimited
            ? 'alter table hr.training_record add constraint score_limit check ("分数" <= 100)'
            : "alter table hr.training_record drop constraint score_limit"
        )
      },
      backup: async () => {
        const all = [...OURS, ...THEIRS]
        for (const table of all) await rows(`create table hr."backup ${table}" as table ${table}`)
        return async () => {
          await rows(`truncate ${all.join(", ")}`)
          for (const table of all) {
            await rows(`insert into ${table} table hr."backup ${table}"`)
            await rows(`drop table hr."backup ${table}"`)
          }
        }
      }
    }
  }
}
