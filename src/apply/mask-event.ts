/** A change event without its personal values: names of fields, null and absent stay to be seen (G9). */

/** Keys of `data` that name no person, and what they are for: finding the row at the source, and what happened to it. */
const SHOWN: ReadonlySet<string> = new Set(["resultId", "rowKey", "assessmentId", "origin", "removed"])

export const MASK = "•••"

/** A key of a person as far as it is needed to tell it from others on a screen: `138•••07`, `E•••1`. */
export const maskKey = (key: string): string => {
  const shown = key.length >= 8 ? [3, 2] : key.length >= 4 ? [1, 1] : [0, 0]
  return `${key.slice(0, shown[0])}${MASK}${shown[1] === 0 ? "" : key.slice(-shown[1]!)}`
}

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
