/** The shipped program beside an HR database and nothing else: source and change log answer nowhere. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Client } from "pg"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

/** Of gradewire's account; it stands in no output. */
export const PASSWORD = "correct horse 工号"

const TABLES = `
  create role gradewire login password '${PASSWORD}';
  grant create on database postgres to gradewire;
  create schema hr;
  create table hr.employee (工号 text primary key, mobile text);
  create table hr.exam_score (source_ref text primary key, employee_no text not null, exam_score numeric(5,2));
  grant usage on schema hr to gradewire;
  grant select on hr.employee to gradewire;
  grant select, insert, update, delete on hr.exam_score to gradewire;
`

/** Port 9 (discard) answers nowhere: what needs it waits. */
const configText = (connector: string, hr: RunningServer): string => `version: 1
connector: ${connector}
source: { host: 127.0.0.1, port: 9, user: gw, timeZone: "+08:00" }
changeLog: { servers: ["nats://127.0.0.1:9"] }
target: { kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: postgres, user: gradewire, password: { file: hr-password } }
employees: { table: hr.employee, key: 工号, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.成绩
    as: score
    key: [id]
    fields: { phone: 手机号, raw: 分数 }
    target:
      table: hr.exam_score
      key: [source_ref]
      columns: { source_ref: resultId, employee_no: employee, exam_score: score.raw }
`

export class LoneHr {
  readonly program: ShippedProgram
  readonly server: RunningServer
  /** Path of the connector's file. */
  readonly config: string

  private constructor(program: ShippedProgram, server: RunningServer, config: string) {
    this.program = program
    this.server = server
    this.config = config
  }

  /** Nothing is migrated yet. */
  static async open(connector: string): Promise<LoneHr> {
    const program = await ShippedProgram.build()
    const server = await startServer("postgresql")
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query(TABLES)
    await client.end()
    await writeFile(join(program.folder, "hr-password"), `${PASSWORD}\n`)
    const config = join(program.folder, "connector.yaml")
    await writeFile(config, configText(connector, server))
    return new LoneHr(program, server, config)
  }

  async close(): Promise<void> {
    await this.server.stop()
    await this.program.discard()
  }
}
