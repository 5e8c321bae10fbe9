/** Reads what {@link compareDatabases} compares. The servers themselves turn values into text and local times into UTC. */
import type { Connection, RowDataPacket } from "mysql2/promise"
import type { Client } from "pg"
import type { Databases, ProfileValues } from "./compare-databases.ts"

const RESULTS = `
  SELECT CONCAT('training.成绩:', s.id) AS ref, CAST(s.\`学员id\` AS CHAR) AS learnerId, e.\`名称\` AS exam_title,
    CAST(s.\`分数\` AS CHAR) AS exam_score, CAST(s.\`满分\` AS CHAR) AS full_mark, CAST(s.\`及格线\` AS CHAR) AS pass_mark,
    DATE_FORMAT(CONVERT_TZ(s.\`完成时间\`, '+08:00', '+00:00'), '%Y-%m-%d %H:%i:%s.%f') AS finish_timestamp,
    s.\`评语\` AS comment
  FROM training.\`成绩\` s JOIN training.exam e USING (\`考试编号\`)`

const LEARNERS = "SELECT CAST(id AS CHAR) AS id, `手机号` AS phone, `邮箱` AS email FROM training.learner"

const PROFILE = `
  SELECT source_ref AS ref, employee_no AS "employeeNo", exam_title, exam_score::text, full_mark::text, pass_mark::text,
    to_char(finish_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS finish_timestamp, comment
  FROM hr.training_record`

const HELD = "SELECT result_id AS ref, reason FROM gradewire.held_change"
const DEAD =
  "SELECT coalesce(result_id, position) AS ref, reason FROM gradewire.dead_letter WHERE state IN ('open', 'waiting', 'replay')"
const LEDGER = "SELECT count(*)::int AS recorded FROM gradewire.result_ledger WHERE state = 'recorded'"

type Values = { readonly [K in keyof ProfileValues]: string | null }

const valuesOf = (row: Values): ProfileValues => ({
  exam_title: row.exam_title,
  exam_score: row.exam_score,
  full_mark: row.full_mark,
  pass_mark: row.pass_mark,
  finish_timestamp: row.finish_timestamp,
  comment: row.comment
})

type Text = string | null
type TrainingSide = Pick<Databases, "results" | "learners">
export type HrSide = Omit<Databases, keyof TrainingSide>

/** One row of the profile as its database prints it. */
export interface PrintedProfile extends Values {
  readonly ref: string
  readonly employeeNo: string
}

export const profileOf = (row: PrintedProfile): Databases["profile"][number] => ({
  ref: row.ref,
  employeeNo: row.employeeNo,
  values: valuesOf(row)
})

export const readTraining = async (training: Connection): Promise<TrainingSide> => {
  const [results] =
    await training.query<Array<RowDataPacket & Values & { ref: string; learnerId: string }>>(RESULTS)
  const [learners] =
    await training.query<Array<RowDataPacket & { id: string; phone: Text; email: Text }>>(LEARNERS)
  return {
    results: results.map((row) => ({ ref: row.ref, learnerId: row.learnerId, values: valuesOf(row) })),
    learners
  }
}

export const readHr = async (hr: Client): Promise<HrSide> => {
  const employees = await hr.query<{ no: string; phone: Text; email: Text }>(
    "SELECT 工号 AS no, phone, email FROM hr.employee"
  )
  const profile = await hr.query<PrintedProfile>(PROFILE)
  const held = await hr.query<{ ref: string; reason: string }>(HELD)
  const deadLetters = await hr.query<{ ref: string; reason: string }>(DEAD)
  const ledger = await hr.query<{ recorded: number }>(LEDGER)
  return {
    employees: employees.rows,
    profile: profile.rows.map(profileOf),
    held: held.rows,
    ledger: ledger.rows[0]!.recorded,
    deadLetters: deadLetters.rows
  }
}

export const readDatabases = async (training: Connection, hr: Client): Promise<Databases> => ({
  ...(await readTraining(training)),
  ...(await readHr(hr))
})

/** Results gradewire holds at the moment; undefined as long as it has made no tables. */
export const countHeld = async (hr: Client): Promise<number | undefined> => {
  try {
    const { rows } = await hr.query<{ held: number }>(
      "SELECT count(*)::int AS held FROM gradewire.held_change"
    )
    return rows[0]?.held
  } catch {
    return undefined
  }
}
