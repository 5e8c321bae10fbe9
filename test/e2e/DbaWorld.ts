/** The shipped program between a training database and an HR database, with what a DBA's walks have in common. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { MoveView } from "../../src/cli/OffsetMoves.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"
import { answered } from "../support/answer-schema.ts"
import { ShippedProgram, type Outcome } from "../support/ShippedProgram.ts"

/** The same HR database, whatever its kind. */
export interface People {
  readonly yaml: string
  readonly sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
  readonly stop: () => Promise<void>
}

const TABLES = `create table hr.employee (no varchar(20) primary key, mobile varchar(20));
  create table hr.record (ref varchar(64) primary key, employee varchar(20) not null, points decimal(5,2));
  insert into hr.employee values ('E1', '13800000001')`

export const postgresql = async (): Promise<People> => {
  const server = await startServer("postgresql")
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`create schema hr; ${TABLES}`)
  const { pathname, username } = new URL(server.url)
  return {
    yaml: `{ kind: postgresql, host: ${server.host}, port: ${server.port}, database: ${pathname.slice(1)}, user: ${username} }`,
    sql: async (text) => (await client.query(text)).rows as ReadonlyArray<Record<string, unknown>>,
    stop: async () => {
      await client.end()
      await server.stop()
    }
  }
}

export const mysql = async (): Promise<People> => {
  const server = await startServer("mysql")
  const client = await createConnection({ uri: server.url, multipleStatements: true })
  await client.query(`create database hr; ${TABLES}`)
  return {
    yaml: `{ kind: mysql, host: ${server.host}, port: ${server.port}, user: root }`,
    sql: async (text) => (await client.query(text))[0] as ReadonlyArray<Record<string, unknown>>,
    stop: async () => {
      client.destroy()
      await server.stop()
    }
  }
}

export interface Contents {
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly ledger: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Connector `lms-hr`, table lms.score. */
export class DbaWorld {
  readonly program: ShippedProgram
  readonly source: RunningServer
  readonly nats: RunningServer
  readonly people: People
  readonly lms: Connection
  readonly config: string
  running!: ChildProcess

  private constructor(
    program: ShippedProgram,
    source: RunningServer,
    nats: RunningServer,
    people: People,
    lms: Connection
  ) {
    this.program = program
    this.source = source
    this.nats = nats
    this.people = people
    this.lms = lms
    this.config = join(program.folder, "connector.yaml")
  }

  static async open(kind: "mysql" | "mariadb", openPeople: () => Promise<People>): Promise<DbaWorld> {
    const [program, source, nats, people] = await Promise.all([
      ShippedProgram.build(),
      startServer(kind),
      startServer("nats"),
      openPeople()
    ])
    const lms = await createConnection({ uri: source.url, multipleStatements: true })
    await lms.query(
      "create database lms; create table lms.score (id int primary key, phone varchar(20), points decimal(5,2), attempts int not null default 1)"
    )
    const world = new DbaWorld(program, source, nats, people, lms)
    await world.configure("raw: points")
    return world
  }

  /** @param fields beside the learner's phone @param more sections of the file */
  configure(fields: string, more = ""): Promise<void> {
    const { nats, people, source } = this
    return writeFile(
      this.config,
      `version: 1
connector: lms-hr
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"] }
target: ${people.yaml}
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.score
    as: score
    key: [id]
    fields: { phone: phone, ${fields} }
    target: { table: hr.record, key: [ref], columns: { ref: resultId, employee: employee, points: score.raw } }
limits: { checkpointSeconds: 1 }
${more}`
    )
  }

  async close(): Promise<void> {
    this.lms.destroy()
    await this.program.discard()
    await Promise.all([this.source.stop(), this.nats.stop(), this.people.stop()])
  }

  run(): void {
    this.running = this.program.start("run", "--config", this.config, "--http", "off")
  }

  until<A>(look: () => Promise<A | undefined>): Promise<A> {
    return this.program.until(look, this.running)
  }

  offsets(...args: ReadonlyArray<string>): Promise<Outcome> {
    return this.program.run("offsets", ...args, "--config", this.config)
  }

  async moved(...args: ReadonlyArray<string>): Promise<MoveView> {
    const { err, out } = await this.offsets(...args, "-o", "json")
    if (out === "") throw new Error(err)
    return answered("offset-move", out) as MoveView
  }

  async refused(...args: ReadonlyArray<string>) {
    const { code, err } = await this.offsets(...args, "-o", "json")
    const { error } = JSON.parse(err) as { error: { tag: string; fix: string; details: object } }
    return { code, ...error }
  }

  async exam(id: number, points: string): Promise<void> {
    await this.lms.query(`insert into lms.score (id, phone, points) values (${id}, '13800000001', ${points})`)
  }

  filed(id: number, points?: string) {
    return async (): Promise<true | undefined> => {
      const rows = await this.people.sql(`select points from hr.record where ref = 'lms.score:${id}'`)
      return rows[0] !== undefined && (points === undefined || String(rows[0]["points"]) === points)
        ? true
        : undefined
    }
  }

  /** Rows of the profile and the guard, with the places of the changes that they come from. */
  async contents(): Promise<Contents> {
    return {
      rows: await this.people.sql("select ref, employee, points from hr.record order by ref"),
      ledger: await this.people.sql(
        "select result_id, position, event_id, state from gradewire.result_ledger order by result_id"
      )
    }
  }

  async position(): Promise<string> {
    return String((await this.people.sql("select position from gradewire.apply_offset"))[0]!["position"])
  }

  async status(): Promise<PipelineStatus> {
    const { out } = await this.program.run("status", "--config", this.config, "-o", "json")
    return answered("status", out) as PipelineStatus
  }

  async pause(): Promise<void> {
    await this.program.run("pause", "--config", this.config, "--reason", "the DBA looks")
    await this.untilPaused()
  }

  untilPaused(): Promise<true> {
    return this.until(async () => {
      const { processes } = await this.status()
      const states = (processes ?? []).flatMap(({ roles }) => roles.map(({ state }) => state))
      return states.length > 0 && states.every((state) => state === "paused") ? true : undefined
    })
  }

  async resume(): Promise<void> {
    await this.program.run("resume", "--config", this.config)
  }

  /** Until everything that the source has committed is applied. */
  caughtUp(): Promise<true> {
    return this.until(async () => {
      const { bytesBehind, messagesBehind } = await this.status()
      return bytesBehind === 0 && messagesBehind === 0 ? true : undefined
    })
  }

  /** A moment with changes of before on its left and of later on its right, even where commit times are whole seconds. */
  async moment(): Promise<string> {
    await this.lms.query("select sleep(1.1)")
    const [[row]] = (await this.lms.query(
      "select date_format(utc_timestamp(), '%Y-%m-%dT%H:%i:%sZ') as now"
    )) as unknown as [[{ now: string }]]
    return row.now
  }
}
