/** JSON that is the same for the same value: members in the order of their names (RFC 8785, for text and safe integers). */
export const canonicalJson = (value: unknown): string => JSON.stringify(ordered(value))

/** Keys of objects in the order of their code units, lists as they are. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]))
}
