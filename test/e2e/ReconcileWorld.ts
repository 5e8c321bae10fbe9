/** A training database, a change log and an HR database with the shipped program between them, to be damaged. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import type { ComparedBy, TableSum } from "../../schemas/reconciliation.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { answered } from "../support/answer-schema.ts"
import { ShippedProgram, type Outcome } from "../support/ShippedProgram.ts"

export type SourceKind = "mysql" | "mariadb"
export type HrKind = "postgresql" | "mysql" | "mariadb"

export interface Found {
  readonly table: string
  readonly id: string
  readonly kind: string
  readonly fields: ReadonlyArray<string>
}

interface TableAnswer {
  readonly table: string
  readonly rows: number
  readonly kinds: Readonly<Record<string, number>>
  readonly sums?: ReadonlyArray<TableSum>
  readonly compared?: ComparedBy
}

export interface VerifyAnswer {
  readonly run: { readonly run: string; readonly state: string; readonly tables: ReadonlyArray<TableAnswer> }
  readonly differences: ReadonlyArray<Found>
}

export const LEARNERS = 40
export const RESULTS = 300

const HR_TABLES: Readonly<Record<HrKind, ReadonlyArray<string>>> = {
  postgresql: [
    "create schema hr",
    "create table hr.employee (no text primary key, mobile text)",
    "create table hr.record (ref text primary key, employee text not null, title text, points numeric(6,1), grade text, at timestamp(0), exam text, note text)"
  ],
  mysql: [
    "create database hr",
    "create table hr.employee (no varchar(20) primary key, mobile varchar(20))",
    "create table hr.record (ref varchar(200) primary key, employee varchar(20) not null, title varchar(100), points decimal(6,1), grade varchar(8), at datetime, exam varchar(20), note text)"
  ],
  mariadb: [
    "create database hr",
    "create table hr.employee (no varchar(20) primary key, mobile varchar(20))",
    "create table hr.record (ref varchar(200) primary key, employee varchar(20) not null, title varchar(100), points decimal(6,1), grade varchar(8), at datetime, exam varchar(20), note text)"
  ]
}

export class ReconcileWorld {
  readonly program: ShippedProgram
  readonly source: RunningServer
  readonly nats: RunningServer
  readonly hr: RunningServer
  readonly lms: Connection
  /** Whose changes no binlog shows. */
  readonly unseen: Connection
  readonly config: string
  readonly #people: Client | Connection
  running: ChildProcess | undefined

  private constructor(
    program: ShippedProgram,
    servers: { readonly source: RunningServer; readonly nats: RunningServer; readonly hr: RunningServer },
    connections: {
      readonly lms: Connection
      readonly unseen: Connection
      readonly people: Client | Connection
    }
  ) {
    this.program = program
    this.source = servers.source
    this.nats = servers.nats
    this.hr = servers.hr
    this.lms = connections.lms
    this.unseen = connections.unseen
    this.#people = connections.people
    this.config = join(program.folder, "connector.yaml")
  }

  static async start(sourceKind: SourceKind, hrKind: HrKind): Promise<ReconcileWorld> {
    const [program, source, nats, hr] = await Promise.all([
      ShippedProgram.build(),
      startServer(sourceKind),
      startServer("nats"),
      startServer(hrKind)
    ])
    const lms = await createConnection({ uri: source.url, multipleStatements: true })
    const unseen = await createConnection({ uri: source.url, multipleStatements: true })
    const people =
      hrKind === "postgresql"
        ? new Client({ connectionString: hr.url })
        : await createConnection({ uri: hr.url, multipleStatements: true })
    if (people instanceof Client) await people.connect()
    const world = new ReconcileWorld(program, { source, nats, hr }, { lms, unseen, people })
    await world.#fill(HR_TABLES[hrKind])
    await writeFile(world.config, world.#yaml(hrKind))
    return world
  }

  async #fill(tables: ReadonlyArray<string>): Promise<void> {
    for (const text of tables) await this.people(text)
    await this.lms.query(`create database lms;
      create table lms.learner (id bigint primary key, phone varchar(20));
      create table lms.exam (no varchar(20) primary key, name varchar(100));
      create table lms.score (id int primary key, learner bigint, exam varchar(20), points decimal(6,2), grade varchar(8), at datetime(3));
      create table lms.drill (course varchar(20), no int, learner bigint, points float, remark text, primary key (course, no));
      insert into lms.exam values ('K1', '安全'), ('K2', 'Drill, "x"')`)
    await this.unseen.query("set session sql_log_bin = 0")
    const phone = (n: number) => `138${String(n).padStart(8, "0")}`
    const learners = Array.from({ length: LEARNERS }, (_, n) => [n, phone(n)])
    await this.lms.query("insert into lms.learner values ?", [learners])
    // The last learner is nobody's employee: what is theirs is held.
    for (const [n, mobile] of learners.slice(0, -1)) {
      await this.people(`insert into hr.employee values ('E${n}', '${mobile}')`)
    }
    await this.lms.query("insert into lms.score values ?", [
      Array.from({ length: RESULTS }, (_, n) => [
        n,
        n % LEARNERS,
        n % 2 === 0 ? "K1" : "K2",
        (n % 100) + 0.5,
        n % 3 === 0 ? "pass" : "fail",
        `2026-11-${String((n % 20) + 1).padStart(2, "0")} 08:00:00.000`
      ])
    ])
    await this.lms.query("insert into lms.drill values ?", [
      Array.from({ length: RESULTS }, (_, n) => [
        n % 2 === 0 ? "a,b" : "c",
        n,
        n % LEARNERS,
        n / 3,
        `say '${n}'`
      ])
    ])
  }

  #yaml(hrKind: HrKind): string {
    const { hr, nats, source } = this
    const { pathname, username } = new URL(hr.url)
    const target =
      hrKind === "postgresql"
        ? `{ kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: ${pathname.slice(1)}, user: ${username} }`
        : `{ kind: mysql, host: ${hr.host}, port: ${hr.port}, user: root }`
    return `version: 1
connector: rec
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+08:00" }
changeLog: { servers: ["${nats.url}"] }
target: ${target}
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - { table: lms.learner, as: learner, key: [id], fields: { phone: phone } }
  - { table: lms.exam, as: assessment, key: [no], fields: { title: name } }
  - table: lms.score
    as: score
    key: [id]
    fields: { learner: learner, assessment: exam, raw: points, text: grade, submittedAt: at }
    target:
      table: hr.record
      key: [ref]
      columns:
        ref: resultId
        employee: employee
        title: assessment.title
        points: { from: score.raw, multiply: 10, decimals: 1, rounding: half-even }
        grade: { from: score.text, map: { pass: "合格", fail: "不合格" }, otherwise: refuse }
        at: attempt.submittedAt
        exam: assessment.id
  - table: lms.drill
    as: score
    key: [course, no]
    fields: { learner: learner, raw: points }
    attributes: { remark: remark }
    target: own
http: false
limits: { checkpointSeconds: 1, snapshotRows: 70 }
`
  }

  /** Asks the HR database. */
  async people(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    if (this.#people instanceof Client) return (await this.#people.query<Record<string, unknown>>(text)).rows
    const [rows] = await this.#people.query(text)
    return Array.isArray(rows) ? (rows as unknown as ReadonlyArray<Record<string, unknown>>) : []
  }

  run(): void {
    this.running = this.program.start("run", "--config", this.config)
  }

  async count(text: string): Promise<number> {
    const [row] = await this.people(`select count(*) as n from ${text}`)
    return Number(row!["n"])
  }

  async waitFor(text: string, wanted: number): Promise<void> {
    await this.program.until(
      async () => ((await this.count(text)) === wanted ? true : undefined),
      this.running
    )
  }

  ask(...args: ReadonlyArray<string>): Promise<Outcome> {
    return this.program.run(...args, "--config", this.config)
  }

  async verify(...args: ReadonlyArray<string>): Promise<VerifyAnswer & { readonly code: number | null }> {
    const { code, err, out } = await this.ask("verify", "-o", "json", "--wait", "20", ...args)
    if (code !== 0 && code !== 3) throw new Error(err)
    return { ...(answered("verify", out) as VerifyAnswer), code }
  }

  /** As if a killed process had been silent for more than a minute, after which its run gives way. */
  async outwait(): Promise<void> {
    await this.people(
      "update gradewire.reconciliation_run set updated_at = '2020-01-01 00:00:00' where active = 1"
    )
  }

  async stop(): Promise<void> {
    this.lms.destroy()
    this.unseen.destroy()
    if (this.#people instanceof Client) await this.#people.end().catch(() => undefined)
    else this.#people.destroy()
    await this.program.discard()
    await Promise.all([this.source.stop(), this.nats.stop(), this.hr.stop()])
  }
}

/** `missing lms.score:7`, sorted. */
export const named = (found: ReadonlyArray<Found>): ReadonlyArray<string> =>
  found.map(({ fields, id, kind }) => [kind, id, ...fields].join(" ")).sort()
