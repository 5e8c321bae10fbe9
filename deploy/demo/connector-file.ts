/** The demo's connector.yaml: what a newcomer opens first, so it explains itself. */
import { chmod, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { RunningServer } from "../servers/server.ts"
import { HR_DATABASE } from "./hr-database.ts"
import type { Account } from "./training-database.ts"

/** A server as gradewire is told of it; it may stand behind something else. */
export type ServerAddress = Pick<RunningServer, "kind" | "version" | "host" | "port" | "url">

export interface ConnectorParts {
  readonly source: ServerAddress
  readonly changeLog: ServerAddress
  readonly target: ServerAddress
  readonly sourceAccount: Account
  readonly targetAccount: Account
}

/** Writes the configuration and its secrets; resolves with the configuration's path. */
export const writeConnectorFile = async (folder: string, parts: ConnectorParts): Promise<string> => {
  const secrets = { "source-password": parts.sourceAccount, "target-password": parts.targetAccount }
  for (const [name, { password }] of Object.entries(secrets)) {
    const file = join(folder, name)
    await writeFile(file, `${password}\n`, { mode: 0o600 })
    await chmod(file, 0o600)
  }
  const file = join(folder, "connector.yaml")
  await writeFile(file, connectorText(parts))
  return file
}

/** MySQL and MariaDB name a table with its database, so no database stands apart. */
const targetText = ({ target, targetAccount }: ConnectorParts): string => {
  const isPostgres = target.kind === "postgresql"
  return `target:                          # ${isPostgres ? "PostgreSQL" : target.kind} ${target.version}
  kind: ${isPostgres ? "postgresql" : "mysql"}
  host: ${target.host}
  port: ${target.port}${isPostgres ? `\n  database: ${HR_DATABASE}` : ""}
  user: ${targetAccount.user}
  password: { file: target-password }`
}

const connectorText = (parts: ConnectorParts): string => {
  const { changeLog, source, sourceAccount } = parts
  return `# Scores of the training database reach the employee profile in the HR database.
version: 1
connector: training

source:                          # ${source.kind} ${source.version}
  host: ${source.host}
  port: ${source.port}
  user: ${sourceAccount.user}
  password: { file: source-password }
  timeZone: "+08:00"             # its DATETIME columns are Beijing time

changeLog:                       # NATS ${changeLog.version} with JetStream
  servers: ["${changeLog.url}"]

${targetText(parts)}

employees:                       # whose profile: phone first, e-mail else; both must mean the same person
  table: hr.employee
  key: 工号
  match:
    - { learner: phone, employee: phone }
    - { learner: email, employee: email }

tables:
  - table: training.learner
    as: learner
    key: [id]
    fields: { phone: 手机号, email: 邮箱 }

  - table: training.exam
    as: assessment
    key: [考试编号]
    fields: { title: 名称, max: 满分, pass: 及格线 }

  - table: training.成绩
    as: score
    key: [id]
    fields:
      learner: 学员id
      assessment: 考试编号
      raw: 分数
      max: 满分
      pass: 及格线
      submittedAt: 完成时间
    attributes:
      comment: 评语              # 备注 is not named here, so it never leaves the training database
    target:
      table: hr.training_record
      key: [source_ref]
      columns:
        source_ref: resultId
        employee_no: employee
        exam_title: assessment.title
        exam_score: score.raw
        full_mark: score.max
        pass_mark: score.pass
        finish_timestamp: attempt.submittedAt
        comment: attributes.comment
`
}
