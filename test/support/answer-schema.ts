/** What commands print with `-o json`, held against the schemas that schemas/json promises for it. */
import { readFileSync } from "node:fs"
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import { ANSWER_SCHEMAS } from "../../schemas/answer-list.ts"

export type AnswerName = keyof typeof ANSWER_SCHEMAS

const compiled = new Map<AnswerName, ValidateFunction>()

const schemaOf = (name: AnswerName): ValidateFunction => {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const schema = JSON.parse(readFileSync(`schemas/json/${name}.json`, "utf8")) as object
  const validate = new Ajv2020({ strict: false }).compile(schema)
  compiled.set(name, validate)
  return validate
}

/** The answer, or an error that names what its schema does not allow. */
export const answered = (name: AnswerName, json: string): unknown => {
  const value: unknown = JSON.parse(json)
  const validate = schemaOf(name)
  if (!validate(value)) throw new Error(`${name}: ${JSON.stringify(validate.errors)} in ${json}`)
  return value
}

const NAMES = Object.keys(ANSWER_SCHEMAS) as ReadonlyArray<AnswerName>

/** Names of the schemas that a command line may be answered by. */
const namesFor = (args: ReadonlyArray<string>): ReadonlyArray<AnswerName> => {
  const begins = (command: string) => command.split(" ").every((word, index) => args[index] === word)
  const named = NAMES.flatMap((name) =>
    ANSWER_SCHEMAS[name].commands.filter(begins).map((command) => ({ name, command }))
  )
  // `check identity` is no `check`.
  const longest = Math.max(...named.map(({ command }) => command.length))
  return named.filter(({ command }) => command.length === longest).map(({ name }) => name)
}

const LINE_BY_LINE: ReadonlySet<string> = new Set(["tail", "--watch", "-w", "--monitor"])

/**
 * Fails where a command line that asked for JSON was answered by something that its schema does not allow, or where no schema
 * describes the command.
 *
 * @returns names of the schemas that were met
 */
export const heldAgainstSchema = (
  args: ReadonlyArray<string>,
  { err, out }: { readonly out: string; readonly err: string }
): ReadonlyArray<AnswerName> => {
  const form = args[args.findIndex((arg) => arg === "-o" || arg === "--output") + 1]
  if (form !== "json") return []
  const met: Array<AnswerName> = []
  const error = err.split("\n").find((line) => line.startsWith('{"error"'))
  if (error !== undefined) {
    answered("error", error)
    met.push("error")
  }
  const names = namesFor(args)
  const parts = args.some((arg) => LINE_BY_LINE.has(arg)) ? out.split("\n") : [out]
  for (const part of parts.filter((text) => text.trim() !== "")) {
    const value: unknown = JSON.parse(part)
    const fitting = names.find((name) => schemaOf(name)(value))
    if (fitting === undefined) {
      const errors = names.map((name) => `${name}: ${JSON.stringify(schemaOf(name).errors)}`)
      throw new Error(`gradewire ${args.join(" ")}: ${errors.join("; ") || "no schema"} in ${part}`)
    }
    met.push(fitting)
  }
  return met
}
