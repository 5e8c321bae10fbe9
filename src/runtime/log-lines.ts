/**
 * Log lines on standard error: one JSON object a line for machines, short text for a person at a terminal.
 *
 * Fields come from the objects and annotations that were logged; they hold names and positions, never a value of a
 * person (G9).
 */
import { Cause, Logger, References, type LogLevel } from "effect"

interface Line {
  readonly time: string
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause: string | undefined
}

const line = (options: Logger.Options<unknown>): Line => {
  const parts: ReadonlyArray<unknown> = Array.isArray(options.message) ? options.message : [options.message]
  const words: Array<string> = []
  const fields: Record<string, unknown> = { ...options.fiber.getRef(References.CurrentLogAnnotations) }
  for (const part of parts) {
    if (typeof part === "object" && part !== null && !(part instanceof Error)) Object.assign(fields, part)
    else words.push(String(part))
  }
  return {
    time: options.date.toISOString(),
    level: LEVELS[options.logLevel] ?? "info",
    message: words.join(" "),
    fields,
    cause: options.cause.reasons.length === 0 ? undefined : Cause.pretty(options.cause)
  }
}

const LEVELS: Partial<Record<LogLevel.LogLevel, string>> = {
  Trace: "trace",
  Debug: "debug",
  Info: "info",
  Warn: "warn",
  Error: "error",
  Fatal: "fatal"
}

/** Logger to {@link Logger.layer}; keys `time`, `level` and `message` are always ours. */
export const jsonLines = Logger.withConsoleError(
  Logger.make((options) => {
    const { fields, ...own } = line(options)
    return JSON.stringify({ ...own, ...withoutOwn(fields) })
  })
)

const OWN: ReadonlySet<string> = new Set(["time", "level", "message", "cause"])

const withoutOwn = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [OWN.has(key) ? `_${key}` : key, plain(value)])
  )

/** bigint has no JSON of its own. */
const plain = (value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value)

const COLOURS: Readonly<Record<string, string>> = {
  warn: "\u001B[33m",
  error: "\u001B[31m",
  fatal: "\u001B[31m"
}
const DIM = "\u001B[2m"
const RESET = "\u001B[0m"

/** @param colours whether the terminal shows them */
export const textLines = (colours: boolean) =>
  Logger.withConsoleError(
    Logger.make((options) => {
      const { time, level, message, fields, cause } = line(options)
      const paint = (text: string, colour: string): string =>
        colours && colour !== "" ? colour + text + RESET : text
      const pairs = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${paint(`${key}=`, DIM)}${fieldText(value)}`)
      const clock = paint(time.slice(11, 23), DIM)
      const head = `${clock} ${paint(level.toUpperCase().padEnd(5), COLOURS[level] ?? "")} ${message}`
      return [[head, ...pairs].join("  "), ...(cause === undefined ? [] : [cause])].join("\n")
    })
  )

const fieldText = (value: unknown): string => {
  if (typeof value === "string") return /[\s"]/.test(value) ? JSON.stringify(value) : value
  return typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? "-")
}
