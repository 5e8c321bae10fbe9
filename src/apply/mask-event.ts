/** A change event without its personal values: names of fields, null and absent stay to be seen (G9). */

/** Keys of `data` that name no person, and what they are for: finding the row at the source, and what happened to it. */
const SHOWN: ReadonlySet<string> = new Set(["resultId", "rowKey", "assessmentId", "origin", "removed"])

export const MASK = "•••"

/** @param event as it was parsed */
export const maskEvent = (event: unknown): unknown =>
  isGroup(event) ? { ...event, data: maskGroup(event["data"]) } : MASK

const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const maskGroup = (value: unknown): unknown => {
  if (value === null) return null
  if (!isGroup(value)) return MASK
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SHOWN.has(key) ? inner : maskGroup(inner)])
  )
}
