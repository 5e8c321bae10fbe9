/** A valid connector file to spoil in one place, and the lines that its problems are reported as. */
import { Result } from "effect"
import { decodeConfig } from "../../src/runtime/decode-config.ts"

export const CONNECTOR_YAML = `version: 1
connector: lms-hr
source: { host: db, user: gw, timeZone: "+08:00", password: { env: DB_PASSWORD } }
changeLog:
  servers: ["nats://nats:4222"]
target:
  kind: postgresql
  host: pg
  database: hr
  user: gw
employees:
  table: hr.employee
  key: 工号
  match:
    - { learner: phone, employee: mobile }
tables:
  - table: lms.learner
    as: learner
    key: [id]
    fields: { phone: 手机号 }
  - table: lms.exam
    as: assessment
    key: [id]
    fields: { title: 名称, max: 满分 }
  - table: lms.成绩
    as: score
    key: [id]
    fields: { learner: 学员id, assessment: 考试编号, raw: 分数 }
    attributes: { center: 考点 }
    target:
      table: hr.exam_score
      key: [source_ref]
      columns:
        source_ref: resultId
        employee_no: employee
        exam_score: score.raw
        title: assessment.title
`

/** One replacement in {@link CONNECTOR_YAML}; fails where the text to replace is not there. */
export const spoiled = (from: string, to: string): string => {
  if (!CONNECTOR_YAML.includes(from)) throw new Error(`not in the fixture: ${from}`)
  return CONNECTOR_YAML.replace(from, to)
}

/** `LINE:COL  path  message  (fix)` of every problem; empty where the text is a valid configuration. */
export const problemsOf = (text: string): ReadonlyArray<string> => {
  const decoded = decodeConfig("c.yaml", text)
  if (Result.isSuccess(decoded)) return []
  return decoded.failure.problems.map(
    ({ line, column, path, message, fix }) => `${line}:${column}  ${path}  ${message}  (${fix})`
  )
}
