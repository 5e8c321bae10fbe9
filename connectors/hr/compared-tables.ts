/** What reconciling asks of the HR database and gets back, on every kind of server. Pure. */
import type { TableConfig } from "../../schemas/table-config.ts"
import type { ApplyPlace, Standing } from "../../src/reconcile/ProfileView.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"

/** A source table that the HR database knows rows of. */
export interface ComparedTable {
  readonly table: string
  readonly as: Exclude<TableConfig["as"], "row">
}

/** Ids of a table's results begin so, and those of no other do. */
export const idPrefix = (table: string): string => `${table}:`

/** The first text behind all that begin so, byte by byte: `:` is followed by `;`. */
export const idEnd = (table: string): string => `${table};`

export const DIRECTORIES = {
  learner: {
    table: "learner_directory",
    id: "learner_id",
    columns: [
      ["employee_no", "employeeNo"],
      ["external_id", "externalId"],
      ["phone", "phone"],
      ["email", "email"],
      ["name", "name"]
    ]
  },
  assessment: {
    table: "assessment_directory",
    id: "assessment_id",
    columns: [
      ["title", "title"],
      ["max", "max"],
      ["pass", "pass"]
    ]
  }
} as const

/** What is booked with a change, and not taken from the source's row. */
const BOOKED: ReadonlySet<unknown> = new Set([
  "position",
  "event.id",
  "event.time",
  "event.type",
  "now",
  "match.rule"
])

export const isBooked = ({ from }: Pick<MappedColumn<unknown>, "from">): boolean => BOOKED.has(from)

/** A title or a mark is the one known when the score was filed; what the directory has learned since is no difference. */
export const isMark = ({ from }: Pick<MappedColumn<unknown>, "from">): boolean =>
  typeof from === "string" && /^assessment\.(title|max|pass)$/.test(from)

/** The key column that names the result, where rows can be told from others' by it. */
export const resultColumn = <Shape>(target: MappedTarget<Shape>): MappedColumn<Shape> | undefined =>
  target.hasFixedKey
    ? target.key.find(({ convert, from }) => from === "resultId" && convert === undefined)
    : undefined

/** The column of a target that holds what it is filled from as it is, so that rows can be chosen by it. */
export const columnFrom = <Shape>(
  { columns }: MappedTarget<Shape>,
  source: "employee" | "assessment.id"
): MappedColumn<Shape> | undefined =>
  columns.find(({ convert, from }) => from === source && convert === undefined)

/** Rows of revoked results stay there, or are gone. */
export const keepsRevoked = <Shape>({ onRevoke, own }: MappedTarget<Shape>): boolean =>
  own === undefined ? onRevoke !== "delete" : own.onRevoke === "ignore"

export interface StandingRow {
  readonly id: string
  readonly state: string | null
  readonly position: string | null
  readonly is_there: boolean | number | string
  readonly is_held: boolean | number | string
  readonly is_dead: boolean | number | string
  /** With commas between them. */
  readonly fields: string | null
  readonly is_untouched: boolean | number | string
  readonly learner: string | null
}

/** Servers answer booleans as `true`, `1` or `"1"`. */
const isTrue = (value: boolean | number | string): boolean => value === true || Number(value) === 1

export const standingOf = (row: StandingRow): Standing => ({
  id: row.id,
  state: row.state === null ? "absent" : row.state === "recorded" ? "filed" : "revoked",
  position: row.position,
  isThere: isTrue(row.is_there),
  isHeld: isTrue(row.is_held),
  isDead: isTrue(row.is_dead),
  fields: row.fields === null || row.fields === "" ? [] : row.fields.split(","),
  isUntouched: isTrue(row.is_untouched),
  learner: row.learner,
  amounts: []
})

export interface PlaceRow {
  readonly position: string
  readonly server: string | null
  readonly timeline: number | string | null
}

/** Nowhere, as long as one lane has not begun. */
export const placesOf = (rows: ReadonlyArray<PlaceRow>): ReadonlyArray<ApplyPlace> => {
  const places = rows.flatMap(({ position, server, timeline }) =>
    server === null ? [] : [{ position, server, timeline: Number(timeline ?? 1) }]
  )
  return places.length === rows.length ? places : []
}
