/** One record as `SHOW REPLICA STATUS\G` prints it: a line for each value, names aligned at the colon. */

/** NULL is not known, or none. */
export const verticalText = (title: string, record: Readonly<Record<string, unknown>>): string => {
  const lines = [...leaves(record, "")]
  const width = Math.max(...lines.map(([name]) => name.length))
  const stars = "*".repeat(27)
  return [
    `${stars} ${title} ${stars}`,
    ...lines.map(([name, text]) => `${name.padStart(width)}: ${text}`)
  ].join("\n")
}

function* leaves(value: unknown, path: string): Generator<readonly [name: string, text: string]> {
  if (value === null || value === undefined) return yield [path, "NULL"]
  if (typeof value === "string") return yield [path, value]
  if (typeof value !== "object") return yield [path, JSON.stringify(value)]
  const entries = Object.entries(value)
  if (entries.length === 0) return yield [path, "-"]
  for (const [key, inner] of entries) {
    const name = Array.isArray(value) ? String(Number(key) + 1) : wordsOf(key)
    yield* leaves(inner, path === "" ? name : `${path}_${name}`)
  }
}

/** `lagSeconds` as `Lag_Seconds`. */
const wordsOf = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).replace(/^[a-z]/, (letter) => letter.toUpperCase())
