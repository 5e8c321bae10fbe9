/**
 * Row changes to typed events (D8), one compiled encoder per mapped table.
 *
 * - insert => recorded / changed / inserted; update of a mapped column => corrected / changed / updated; of none => no
 *   event; delete => revoked / removed / deleted.
 * - A changed key is two events with neighbouring positions: the old key ends, the new key begins.
 * - Nothing is dropped for its content: V1 -> V2 -> V1 are three events (D4).
 */
import type { EventType } from "../../schemas/change-event.ts"
import { localToUtc, type TimeZone } from "../../schemas/civil-time.ts"
import { ordinalOf, positionIn, ROWS_PER_EVENT_MAX, type PositionText } from "../../schemas/position.ts"
import { Undecodable, type RowImage, type RowsEvent, type Value } from "./ChangeSource.ts"
import { keyText, members, quote, quoteRest } from "./field-text.ts"
import type { FieldGroup, TablePlan } from "./table-plan.ts"

/** The transaction whose rows are being encoded. */
export interface TransactionContext {
  readonly file: string
  readonly position: number
  /** From `transactionPrefix`. */
  readonly prefix: string
  /** `<gtid>#`, or `<file>:<position>#` on a server without GTIDs; already escaped for JSON. */
  readonly idPrefix: string
  /** Commit time, or when a snapshot read the row; RFC 3339 UTC. */
  readonly time: string
  /** Ordinal of the first row where a snapshot copies rows; they count one by one. */
  readonly copiedFrom?: number
}

export interface EventSink {
  /** Changes at or before this position are known already and leave no trace. */
  readonly knownUpTo: PositionText
  readonly add: (position: PositionText, type: EventType, json: string) => void
}

export type RowsEncoder = (transaction: TransactionContext, rows: RowsEvent, sink: EventSink) => void

type Change = "insert" | "update" | "delete"
/** Members of `data`. `image` is the row after the change, or before a delete; `before` only for an update. */
type Body = (
  change: Change,
  key: string,
  image: RowImage,
  before: RowImage | undefined,
  origin: Origin
) => string
/** A member of `data`. */
type Origin = `"origin":"${"binlog" | "snapshot"}"`

interface Shape {
  readonly types: Readonly<Record<Change, EventType>>
  readonly body: Body
}

export const compileRowsEncoder = (plan: TablePlan, connector: string, zone: TimeZone): RowsEncoder => {
  const shape = SHAPES[plan.as](plan, zone)
  const head = (change: Change): string =>
    `","source":${quote(`urn:gradewire:${connector}`)},"type":"${shape.types[change]}","subject":${quote(plan.name)},"time":"`
  const heads = { insert: head("insert"), update: head("update"), delete: head("delete") }

  return (transaction, rows, sink) => {
    const count = (rows.after ?? rows.before ?? []).length
    if (count > ROWS_PER_EVENT_MAX) throw tooManyRows(transaction, count)
    const { copiedFrom } = transaction
    const origin: Origin = copiedFrom === undefined ? `"origin":"binlog"` : `"origin":"snapshot"`
    const front = `{"specversion":"1.0","id":"${transaction.idPrefix}`
    const behindTime = `${transaction.time}","datacontenttype":"application/json","sequence":"`
    const emit = (change: Change, ordinal: number, key: string, image: RowImage, before?: RowImage) => {
      const position = positionIn(transaction.prefix, ordinal)
      if (position <= sink.knownUpTo) return
      const body = shape.body(change, key, image, before, origin)
      const text = `${front}${ordinal}${heads[change]}${behindTime}${position}","data":{${body}}}`
      sink.add(position, shape.types[change], text)
    }
    for (let row = 0; row < count; row++) {
      let before = rows.before?.[row]
      let after = rows.after?.[row]
      if (plan.zeroDates.length > 0) {
        refuseZeroDates(plan, transaction, after)
        before = before && withoutZeroDates(plan, before)
        after = after && withoutZeroDates(plan, after)
      }
      const first = copiedFrom === undefined ? ordinalOf(rows.index, row, 0) : copiedFrom + row
      const newKey = after && (keyText(plan.key, after) ?? (before && keyText(plan.key, before)))
      const oldKey = before && keyText(plan.key, before)
      if ((after && newKey === undefined) || (before && oldKey === undefined))
        throw keyless(plan, transaction)
      if (after !== undefined) requireComplete(plan, transaction, after)
      if (after === undefined) emit("delete", first, oldKey!, before!)
      else if (before === undefined) emit("insert", first, newKey!, after)
      else if (oldKey !== newKey) {
        emit("delete", first, oldKey!, before)
        emit("insert", ordinalOf(rows.index, row, 1), newKey!, after)
      } else if (!sameImage(before, after)) emit("update", first, newKey!, after, before)
    }
  }
}

const DATE_LENGTH = "2026-11-22".length

/** A date that the calendar does not have: its text names no moment. */
const isZeroDate = (value: Value): boolean =>
  typeof value === "string" &&
  /^\d{4}-\d{2}-\d{2}/.test(value) &&
  localToUtc(value.slice(0, DATE_LENGTH), 0) === undefined

/** Only what a row is now: the change that mends it must pass. */
const refuseZeroDates = (
  plan: TablePlan,
  transaction: TransactionContext,
  image: RowImage | undefined
): void => {
  if (image === undefined) return
  const refused = plan.zeroDates.find(
    ({ column, policy }) => policy === "refuse" && isZeroDate(image[column])
  )
  if (refused === undefined) return
  const column = plan.wanted.columns[refused.column]!
  throw new Undecodable({
    message: `A row of ${plan.name} has a zero or partial date in ${column}, which the configuration refuses`,
    file: transaction.file,
    position: transaction.position,
    what: `${plan.name}.${column} zero date`,
    fix: `Put zeroDates: { ${column}: keep } (its text) or { ${column}: "null" } under ${plan.name} in the configuration, and start again.`
  })
}

const withoutZeroDates = (plan: TablePlan, image: RowImage): RowImage => {
  let without: Array<Value> | undefined
  for (const { column, policy } of plan.zeroDates) {
    if (policy !== "null" || !isZeroDate(image[column])) continue
    without ??= [...image]
    without[column] = null
  }
  return without ?? image
}

/** Whether an update left every mapped column as it was; it makes no event then. */
export const sameImage = (before: RowImage, after: RowImage): boolean => {
  for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) return false
  return true
}

const requireComplete = (plan: TablePlan, transaction: TransactionContext, image: RowImage): void => {
  for (let i = 0; i < image.length; i++) {
    if (image[i] !== undefined) continue
    throw new Undecodable({
      message: `A row image of ${plan.name} lacks the mapped column ${plan.wanted.columns[i]}`,
      file: transaction.file,
      position: transaction.position,
      what: `${plan.name}.${plan.wanted.columns[i]} absent from the row image`,
      fix: "SET GLOBAL binlog_row_image = 'FULL'; and let sessions that changed it reconnect. Rows logged before cannot be completed: copy the table anew."
    })
  }
}

const keyless = (plan: TablePlan, transaction: TransactionContext): Undecodable =>
  new Undecodable({
    message: `A row of ${plan.name} has no value in its declared key`,
    file: transaction.file,
    position: transaction.position,
    what: `${plan.name} key (${plan.key.map((index) => plan.wanted.columns[index]).join(", ")}) NULL or absent`,
    fix: `Declare columns as key of ${plan.name} that are NOT NULL, best its primary key.`
  })

const tooManyRows = (transaction: TransactionContext, count: number): Undecodable =>
  new Undecodable({
    message: `One rows event holds ${count} rows, more than positions can tell apart`,
    file: transaction.file,
    position: transaction.position,
    what: `rows event with ${count} rows`,
    fix: "SET GLOBAL binlog_row_event_max_size to its default of 8192 and copy the table anew."
  })

/** Groups of a score's content one after the other, each with a comma in front. */
const compileContent = (groups: ReadonlyArray<FieldGroup>, zone: TimeZone) => {
  const openings = groups.map((group) => `,"${group.name}":{`)
  return (image: RowImage, unreadable: Array<string>): string => {
    let all = ""
    for (let i = 0; i < groups.length; i++) {
      const text = members(groups[i]!.fields, image, zone, unreadable)
      if (text !== "" || groups[i]!.required) all += `${openings[i]}${text}}`
    }
    return all
  }
}

const unreadableText = (unreadable: ReadonlyArray<string>): string =>
  unreadable.length === 0 ? "" : `,"unreadable":{${unreadable.join(",")}}`

const scoreShape = (plan: TablePlan, zone: TimeZone): Shape => {
  const reference = plan.groups.filter((group) => group.name === "learner" || group.name === "assessment")
  const content = compileContent(plan.groups, zone)
  const referenceContent = compileContent(reference, zone)
  const idFront = `"resultId":${quote(`${plan.name}:`).slice(0, -1)}`
  return {
    types: {
      insert: "gradewire.score.recorded.v1",
      update: "gradewire.score.corrected.v1",
      delete: "gradewire.score.revoked.v1"
    },
    body: (change, key, image, before, origin) => {
      const unreadable: Array<string> = []
      const values = change === "delete" ? referenceContent(image, unreadable) : content(image, unreadable)
      const previous = before === undefined ? "" : `,"previous":{${content(before, []).slice(1)}}`
      return `${idFront}${quoteRest(key)},${origin}${values}${previous}${unreadableText(unreadable)}`
    }
  }
}

/** Id and mapped columns of a directory row; `tail` holds what the contract wants besides. */
const directoryBody =
  (plan: TablePlan, zone: TimeZone, idKey: string) =>
  (key: string, image: RowImage, tail: string): string => {
    const unreadable: Array<string> = []
    const text = members(plan.groups[0]!.fields, image, zone, unreadable)
    return `"${idKey}":${quote(key)},${tail}${text === "" ? "" : `,${text}`}${unreadableText(unreadable)}`
  }

const learnerShape = (plan: TablePlan, zone: TimeZone): Shape => {
  const body = directoryBody(plan, zone, "learnerId")
  return {
    types: {
      insert: "gradewire.learner.changed.v1",
      update: "gradewire.learner.changed.v1",
      delete: "gradewire.learner.removed.v1"
    },
    body: (change, key, image, _, origin) =>
      change === "delete" ? `"learnerId":${quote(key)},${origin}` : body(key, image, origin)
  }
}

const assessmentShape = (plan: TablePlan, zone: TimeZone): Shape => {
  const body = directoryBody(plan, zone, "assessmentId")
  const changed = "gradewire.assessment.changed.v1"
  return {
    types: { insert: changed, update: changed, delete: changed },
    body: (change, key, image, _, origin) => body(key, image, `${origin},"removed":${change === "delete"}`)
  }
}

const rowShape = (plan: TablePlan): Shape => {
  const object = (name: string, image: RowImage): string =>
    `,"${name}":{${members(plan.groups[0]!.fields, image, 0, [])}}`
  return {
    types: {
      insert: "gradewire.row.inserted.v1",
      update: "gradewire.row.updated.v1",
      delete: "gradewire.row.deleted.v1"
    },
    body: (change, key, image, before, origin) => {
      const id = `"rowKey":${quote(`${plan.name}:${key}`)},${origin}`
      if (change === "delete") return id + object("before", image)
      return id + (before === undefined ? "" : object("before", before)) + object("after", image)
    }
  }
}

const SHAPES: Readonly<Record<TablePlan["as"], (plan: TablePlan, zone: TimeZone) => Shape>> = {
  score: scoreShape,
  learner: learnerShape,
  assessment: assessmentShape,
  row: rowShape
}
