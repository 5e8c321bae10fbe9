/**
 * Held scores as a file that HR fills in with a spreadsheet program, and back.
 *
 * - Written as all tables for spreadsheets (cli/csv-text.ts).
 * - Read with comma, semicolon or tabulator, as Excel writes them in different countries. Of a line that comes back only
 *   `result`, `employee` and `note` matter.
 */
import { CsvError, parse } from "csv-parse/sync"
import { Effect, Schema } from "effect"
import type { Fate } from "../../schemas/failure.ts"
import type { HeldPerson, HeldResult } from "../../schemas/held.ts"
import { HeldRefused, type RefusedOrder, type ResolveOrder } from "../apply/HeldDesk.ts"
import { csvText } from "../cli/csv-text.ts"

export class HeldFileUnreadable extends Schema.TaggedError<HeldFileUnreadable>()("HeldFileUnreadable", {
  message: Schema.String,
  file: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Give the file that gradewire held export wrote, with its first line, saved as CSV in UTF-8. Nothing was changed."
}

const LIST_COLUMNS = [
  "result",
  "learner",
  "reason",
  "candidates",
  "state",
  "heldAt",
  "ageSeconds",
  "position"
] as const satisfies ReadonlyArray<keyof HeldResult>

const EXPORT_COLUMNS = [
  "result",
  "learner",
  "results",
  "reason",
  "candidates",
  "heldAt",
  "employeeNo",
  "externalId",
  "phone",
  "email",
  "name",
  "employee",
  "note"
] as const satisfies ReadonlyArray<keyof HeldPerson | "employee" | "note">

export const listText = (results: ReadonlyArray<HeldResult>): string => csvText(LIST_COLUMNS, results)

export const exportText = (people: ReadonlyArray<HeldPerson>): string =>
  csvText(
    EXPORT_COLUMNS,
    people.map((person) => ({ ...person, employee: "", note: "" }))
  )

interface Line {
  readonly record: Readonly<Record<string, string | undefined>>
  readonly info: { readonly lines: number }
}

/** What a wrong code page leaves of a character. */
const BROKEN = "\uFFFD"

/** @param why of lines without a note */
export const readOrders = Effect.fnUntraced(function* (file: string, text: string, why: string) {
  const unreadable = (message: string) => new HeldFileUnreadable({ message: `${file}: ${message}`, file })
  const [first = ""] = text.split(/\r?\n/, 1)
  const delimiter = [",", ";", "\t"].find((one) => first.includes(one)) ?? ","
  const lines = yield* Effect.try({
    try: () =>
      parse(text, {
        bom: true,
        columns: true,
        delimiter,
        info: true,
        relax_column_count: true,
        skip_empty_lines: true,
        trim: true
      }) as unknown as ReadonlyArray<Line>,
    // The library's own message may quote the line.
    catch: (cause) => unreadable(cause instanceof CsvError ? `it is no CSV (${cause.code})` : "it is no CSV")
  })
  const header = new Set(Object.keys(lines[0]?.record ?? {}))
  if (!header.has("result") || !header.has("employee"))
    return yield* unreadable("no line, or no columns `result` and `employee` in the first one")
  const orders: Array<ResolveOrder> = []
  const refused: Array<RefusedOrder> = []
  let empty = 0
  for (const { info, record } of lines) {
    const { employee = "", note = "", result = "" } = record
    if (employee === "") empty++
    else if (result === "" || `${result}${employee}${note}`.includes(BROKEN))
      refused.push({ place: info.lines, problem: "LINE" })
    else orders.push({ place: info.lines, subject: result, employee, why: note === "" ? why : note })
  }
  if (refused.length > 0) {
    return yield* new HeldRefused({
      message: `nothing was changed: ${refused.map(({ place }) => `line ${place} LINE`).join(", ")}`,
      orders: refused
    })
  }
  return { orders, empty }
})
