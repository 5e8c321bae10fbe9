/**
 * Change events as the rows that the batch script is given: everything the server needs to decide, and the texts of the
 * target columns, ready to be written. Pure.
 *
 * Rows for a target are grouped by the columns that their events know: an event that lacks a key leaves its column alone
 * where the row is there, and to the column's default where it is not (absent is not NULL).
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { convertText, Refusal } from "../conversion.ts"
import { columnText, textOf } from "./column-values.ts"
import type { HrMapping, MappedColumn, MappedTarget } from "./mapping.ts"
import { pathOf, serverSource } from "./value-sql.ts"

type Groups = Readonly<Record<string, unknown>>
type Cell = string | number | null

/** Rows of one target that know the same columns: `[n, text, …]`, one text for each of `sent`. */
export interface PutGroup {
  readonly target: number
  /** Mapped columns that these rows write. */
  readonly columns: ReadonlyArray<MappedColumn>
  /** Those among them whose text is sent. */
  readonly sent: ReadonlyArray<MappedColumn>
  readonly rows: Array<ReadonlyArray<Cell>>
}

export interface ChangeRows {
  readonly scores: ReadonlyArray<ReadonlyArray<Cell>>
  /** Of the scores, in their order. */
  readonly events: ReadonlyArray<ChangeEvent>
  readonly learners: ReadonlyArray<ReadonlyArray<Cell>>
  readonly assessments: ReadonlyArray<ReadonlyArray<Cell>>
  readonly puts: ReadonlyArray<PutGroup>
  /** Targets that some row, a revocation too, belongs to. */
  readonly targets: ReadonlySet<number>
  /** Why the first of the changes that cannot be converted cannot; `null`: all can. */
  readonly refused: string | null
}

const REVOKED = "gradewire.score.revoked.v1"

const groupOf = (groups: Groups, name: string): Groups => (groups[name] ?? {}) as Groups

const isKnown = (groups: Groups, column: MappedColumn): boolean => {
  const path = typeof column.from === "object" ? undefined : pathOf(column.from)
  if (path === undefined) return true
  const [group, key] = path
  return key === undefined ? group in groups : key in groupOf(groups, group)
}

/** Whether the event lacks a key that its target is filled from. */
export const isPartial = (mapping: HrMapping, { data, subject, type }: ChangeEvent): boolean => {
  if (!("resultId" in data) || type === REVOKED) return false
  const target = mapping.targets.find((candidate) => candidate.subject === subject)
  return target?.columns.some((column) => !isKnown(data, column)) ?? false
}

const MERGED = ["learner", "score", "attempt", "attributes"] as const

/** A later change of a held result that names only some keys, completed from the held one. */
export const mergeHeld = (held: ChangeEvent, change: ChangeEvent): ChangeEvent => {
  if (held.sequence >= change.sequence) return change
  const before = held.data as unknown as Groups
  const now = change.data as unknown as Groups
  const merged = Object.fromEntries(
    MERGED.map((name) => [name, { ...groupOf(before, name), ...groupOf(now, name) }])
  )
  return { ...change, data: { ...before, ...now, ...merged } } as unknown as ChangeEvent
}

const orNull = (text: string | null): string | null => (text === "" ? null : text)

/** When the exam was taken, as far as it is known. */
const dayOf = ({ time }: ChangeEvent, submitted: string | null): string =>
  (submitted !== null && /^[1-9]\d{3}-.*Z$/.test(submitted) ? submitted : time).slice(0, 10)

const scoreRow = (
  n: number,
  change: ChangeEvent,
  target: number,
  refusal: string | null
): ReadonlyArray<Cell> => {
  const groups = change.data as unknown as Groups
  const learner = groupOf(groups, "learner")
  return [
    n,
    change.sequence,
    textOf(groups["resultId"]),
    change.id,
    change.type,
    change.subject,
    target < 0 ? null : target,
    change.type === REVOKED ? 1 : 0,
    textOf(learner["id"]),
    orNull(textOf(learner["employeeNo"])),
    orNull(textOf(learner["externalId"])),
    orNull(textOf(learner["phone"])),
    orNull(textOf(learner["email"])),
    dayOf(change, textOf(groupOf(groups, "attempt")["submittedAt"])),
    textOf(groupOf(groups, "assessment")["id"]),
    target < 0 ? null : change.time.replace("T", " ").replace("Z", ""),
    refusal
  ]
}

/** In the order of LEARNERS in decide-sql.ts. */
const DIRECTORY_KEYS = ["employeeNo", "externalId", "phone", "email", "name"] as const
const ASSESSMENT_KEYS = ["title", "max", "pass"] as const

/** `[id, position, removed, has, text, has, text, …]` */
const directoryRow = (
  change: ChangeEvent,
  id: string,
  keys: ReadonlyArray<string>,
  removed: boolean
): ReadonlyArray<Cell> => {
  const groups = change.data as unknown as Groups
  return [
    textOf(groups[id]),
    change.sequence,
    removed ? 1 : 0,
    ...keys.flatMap((key) => [key in groups ? 1 : 0, textOf(groups[key])])
  ]
}

const sentText = (column: MappedColumn, change: ChangeEvent, zone: TimeZone): string | null | Refusal => {
  const { convert } = column
  const from = column.from as string
  const dot = from.indexOf(".")
  const [group, key] = [from.slice(0, dot), from.slice(dot + 1)]
  const value =
    dot < 0
      ? groupOf(change.data, from)
      : from === "event.time"
        ? change.time
        : groupOf(change.data, group)[key]
  const text = textOf(value)
  const converted = text === null || convert === undefined ? text : convertText(text, convert, zone)
  return converted instanceof Refusal ? converted : columnText(converted, column.shape, convert?.zone ?? zone)
}

/** What is worked out once for a mapping. */
interface Plan {
  readonly target: MappedTarget
  /** Columns that an event may lack. */
  readonly optional: ReadonlyArray<MappedColumn>
}

const isSent = ({ from }: MappedColumn): boolean =>
  typeof from === "string" && serverSource(from) === undefined

export class ChangeRowsMaker {
  private readonly plans: ReadonlyArray<Plan>
  private readonly bySubject: ReadonlyMap<string, number>
  private readonly zone: TimeZone

  constructor(mapping: HrMapping) {
    this.zone = mapping.zone
    this.plans = mapping.targets.map((target) => ({
      target,
      optional: target.columns.filter(({ from }) => typeof from === "string" && pathOf(from) !== undefined)
    }))
    this.bySubject = new Map(mapping.targets.map(({ subject }, index) => [subject, index]))
  }

  make(changes: ReadonlyArray<ChangeEvent>): ChangeRows {
    const scores: Array<ReadonlyArray<Cell>> = []
    const events: Array<ChangeEvent> = []
    const learners: Array<ReadonlyArray<Cell>> = []
    const assessments: Array<ReadonlyArray<Cell>> = []
    const puts = new Map<string, PutGroup>()
    const targets = new Set<number>()
    let refused: string | null = null
    for (const change of changes) {
      const { data, type } = change
      if ("resultId" in data) {
        const target = this.bySubject.get(change.subject) ?? -1
        if (target >= 0) targets.add(target)
        const isPut = target >= 0 && type !== REVOKED
        const refusal = isPut ? this.put(puts, target, scores.length, change) : null
        scores.push(scoreRow(scores.length, change, target, refusal))
        events.push(change)
        refused ??= refusal
      } else if ("learnerId" in data) {
        const isRemoved = type === "gradewire.learner.removed.v1"
        learners.push(directoryRow(change, "learnerId", DIRECTORY_KEYS, isRemoved))
      } else if ("assessmentId" in data) {
        assessments.push(directoryRow(change, "assessmentId", ASSESSMENT_KEYS, data.removed))
      }
    }
    return { scores, events, learners, assessments, puts: [...puts.values()], targets, refused }
  }

  /** Columns of the table's target that an event with this content writes. */
  knownColumns(subject: string, content: ChangeEvent["data"]): ReadonlyArray<MappedColumn> {
    const { target } = this.plans[this.bySubject.get(subject)!]!
    return target.columns.filter((column) => isKnown(content as unknown as Groups, column))
  }

  /** Why the change cannot be filed; its row is not sent then. */
  private put(puts: Map<string, PutGroup>, index: number, n: number, change: ChangeEvent): string | null {
    const { target, optional } = this.plans[index]!
    const groups = change.data as unknown as Groups
    let key = `${index}`
    for (const column of optional) key += isKnown(groups, column) ? "1" : "0"
    let group = puts.get(key)
    if (group === undefined) {
      const columns = target.columns.filter((column) => isKnown(groups, column))
      group = { target: index, columns, sent: columns.filter(isSent), rows: [] }
      puts.set(key, group)
    }
    const row: Array<Cell> = [n]
    for (const column of group.sent) {
      const text = sentText(column, change, target.own === undefined ? this.zone : 0)
      if (text instanceof Refusal) return `column ${column.shape.name}: ${text.reason}`
      row.push(text)
    }
    group.rows.push(row)
    return null
  }
}
