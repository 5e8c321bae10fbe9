/** What the suite of the profile store needs of its world, and the events it is told of. One change stands at one n. */
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { MappedScores } from "../support/fakes/memory-judgement.ts"
import type { Lane } from "../../schemas/lane.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../schemas/position.ts"
import type { ApplyBatch, ProfileStore, Refusal } from "../../src/apply/ProfileStore.ts"

export interface Employee {
  readonly no: string
  readonly phone?: string
  readonly email?: string
}

export type ProfileRow = Readonly<Record<string, string | null>>

export interface HrWorld {
  /** A store over the same database; built twice, it is two processes. */
  readonly process: (lane?: Lane) => ProfileStore["Service"]
  readonly hire: (...employees: ReadonlyArray<Employee>) => Promise<void>
  /** HR writes another phone number for an employee. */
  readonly renumber: (no: string, phone: string) => Promise<void>
  /** Rows of a target table by result, every value as text. */
  readonly profile: (table: string) => Promise<ReadonlyArray<ProfileRow>>
  /** `["lms.exam:1", "ABSENT"]` by result. */
  readonly held: () => Promise<ReadonlyArray<readonly [result: string, reason: string]>>
  /** `["lms.exam:1", "open"]` by position. */
  readonly letters: () => Promise<ReadonlyArray<readonly [result: string | null, state: string]>>
  readonly decide: (result: string, state: "replay" | "discarded") => Promise<void>
  /** Whether scores above 100 are refused by the exam target. */
  readonly limitScores: (isLimited: boolean) => Promise<void>
  /** Takes a backup; the function given restores it. */
  readonly backup: () => Promise<() => Promise<void>>
}

export type OpenHrWorld = () => Promise<HrWorld>

export const EMPLOYEES: ConnectorConfig["employees"] = {
  table: "hr.employee",
  key: "工号",
  match: [
    { learner: "employeeNo", employee: "工号" },
    { learner: "phone", employee: "mobile" },
    { learner: "email", employee: "E-Mail" }
  ]
}

export const EXAM = "hr.training_record"
export const DRILL = "hr.drill_record"
export const QUIZ = "hr.quiz_record"

/** Three score tables: revoked rows are deleted, flagged, ignored. */
export const SCORES: ReadonlyArray<MappedScores> = [
  {
    table: "lms.exam",
    target: {
      table: EXAM,
      key: ["result_id", "system"],
      columns: {
        工号: "employee",
        分数: "score.raw",
        result_id: "resultId",
        title: "assessment.title",
        'no"te': "attributes.note",
        system: { value: "lms" }
      }
    }
  },
  {
    table: "lms.drill",
    target: {
      table: DRILL,
      key: ["工号", "result_id"],
      columns: { 工号: "employee", result_id: "resultId", grade: "score.text", state: { value: "valid" } },
      onRevoke: { flag: { state: "revoked" } }
    }
  },
  {
    table: "lms.quiz",
    target: {
      table: QUIZ,
      key: ["result_id"],
      columns: { 工号: "employee", result_id: "resultId", grade: "score.text" },
      onRevoke: "ignore"
    }
  }
]

const PREFIX = "gradewire."

export const positionAt = (n: number): string => positionIn(transactionPrefix(1, 1, n), ordinalOf(1, 0, 0))

export const offsetAt = (n: number, generation = 0): ApplyOffset => ({
  position: positionAt(n),
  generation,
  streamSequence: n,
  anchor: { file: "binlog.000001", position: 4 + n, gtid: null, server: "mysql:test", timeline: 1 },
  committedAt: "2026-11-22T08:00:00.123456Z"
})

const event = (n: number, type: string, subject: string, data: object): ChangeEvent =>
  ({
    specversion: "1.0",
    id: `binlog.000001:${n}#1`,
    source: "urn:gradewire:test",
    type: `${PREFIX}${type}.v1`,
    subject,
    time: "2026-11-22T08:00:00.123456Z",
    datacontenttype: "application/json",
    sequence: positionAt(n),
    data: { origin: "binlog", ...data }
  }) as unknown as ChangeEvent

interface Keys {
  readonly id?: string | null
  readonly phone?: string | null
  readonly email?: string | null
  readonly employeeNo?: string | null
  readonly externalId?: string | null
}

/** An exam result with every mapped key; `over` replaces parts of its content. */
export const exam = (
  n: number,
  result: number,
  learner: Keys,
  raw: string | null,
  over: object = {}
): ChangeEvent =>
  event(n, n % 2 === 0 ? "score.corrected" : "score.recorded", "lms.exam", {
    resultId: `lms.exam:${result}`,
    learner,
    assessment: { id: null },
    score: { raw },
    attributes: { note: null },
    ...over
  })

export const graded = (
  n: number,
  table: string,
  result: number,
  learner: Keys,
  text: string | null
): ChangeEvent =>
  event(n, "score.recorded", table, { resultId: `${table}:${result}`, learner, score: { text } })

export const revoked = (n: number, table: string, result: number, learner: Keys = {}): ChangeEvent =>
  event(n, "score.revoked", table, { resultId: `${table}:${result}`, learner })

export const learner = (
  n: number,
  learnerId: string,
  keys: Omit<Keys, "id"> & { readonly name?: string }
): ChangeEvent => event(n, "learner.changed", "lms.user", { learnerId, ...keys })

export const learnerRemoved = (n: number, learnerId: string): ChangeEvent =>
  event(n, "learner.removed", "lms.user", { learnerId })

export const assessment = (n: number, assessmentId: string, title: string): ChangeEvent =>
  event(n, "assessment.changed", "lms.test", { assessmentId, title, removed: false })

/** Batch of `changes` behind the offset at `after`, 0 being the very first; it ends at its last change, or at `to`. */
export const batch = (
  after: number,
  changes: ReadonlyArray<ChangeEvent>,
  over: { readonly to?: number; readonly refusal?: Refusal; readonly generation?: number } = {}
): ApplyBatch => {
  const last = changes.at(-1)?.sequence
  const end = over.to === undefined ? undefined : offsetAt(over.to, over.generation)
  return {
    after: after === 0 ? undefined : offsetAt(after),
    offset: end ?? { ...offsetAt(0, over.generation), position: last!, streamSequence: after + 1 },
    changes,
    events: changes.length,
    refusal: over.refusal
  }
}
