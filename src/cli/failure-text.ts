/** How an error looks to a person, and to a program. */
import type { Failure } from "../../schemas/failure.ts"

/** Heading of the error in the operations guide. */
const see = (failure: Failure): string => `docs/operations.md#${failure._tag.toLowerCase()}`

export const failureText = (failure: Failure): string =>
  [
    `gradewire: ${failure._tag}: ${failure.message}`,
    ...(failure.remedy === "" ? [] : [`  fix: ${failure.remedy.replaceAll("\n", "\n       ")}`]),
    `  see: ${see(failure)}`
  ].join("\n")

/** One object; what the error carries besides its message stands in `details`. */
export const failureJson = (failure: Failure): Readonly<Record<string, unknown>> => ({
  error: {
    tag: failure._tag,
    message: failure.message,
    fate: failure.fate,
    fix: failure.remedy,
    see: see(failure),
    details: Object.fromEntries(Object.entries(failure).filter(([key]) => !SHOWN.has(key)))
  }
})

const SHOWN: ReadonlySet<string> = new Set(["_tag", "name", "message", "stack", "fate", "remedy", "fix"])
