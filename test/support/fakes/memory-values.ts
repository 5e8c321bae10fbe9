/** What an event and the directories say of a target column, for the profile store in memory. */
import type { TargetTable } from "../../../schemas/table-config.ts"
import type { ScoreEvent } from "../../../schemas/change-event.ts"

type Marks = Readonly<Partial<Record<"title" | "max" | "pass", string | null>>>
type Group = Readonly<Record<string, string | number | null | undefined>> | undefined

/** Value of a target column; `undefined`: the event does not name it. */
export const valueOf = (
  known: { readonly assessments: ReadonlyMap<string, Marks> },
  event: ScoreEvent,
  person: string | null,
  source: string
): string | number | null | undefined => {
  if (source === "employee") return person
  if (source === "resultId") return event.data.resultId
  if (source === "event.id") return event.id
  if (source === "event.time") return event.time
  const dot = source.indexOf(".")
  const [group, key] = [source.slice(0, dot), source.slice(dot + 1)]
  const held = (event.data as unknown as Record<string, Group>)[group]
  if (group === "assessment" && key !== "id") {
    const id = held?.["id"]
    if (held === undefined) return undefined
    return typeof id === "string" ? (known.assessments.get(id)?.[key as "title"] ?? null) : null
  }
  return held?.[key]
}

type Entry = Exclude<TargetTable["columns"][string], string>

/** Declared conversions are the servers' affair. */
export const constantOf = (entry: Entry): string | number | boolean => {
  if ("value" in entry) return entry.value
  throw new Error(`the store in memory converts nothing: ${entry.from}`)
}
