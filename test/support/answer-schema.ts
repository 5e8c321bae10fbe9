/** What commands print with `-o json`, held against the schemas that schemas/json promises for it. */
import { readFileSync } from "node:fs"
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import type { ANSWER_SCHEMAS } from "../../schemas/answers.ts"

const compiled = new Map<string, ValidateFunction>()

const schemaOf = (name: string): ValidateFunction => {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const schema = JSON.parse(readFileSync(`schemas/json/${name}.json`, "utf8")) as object
  const validate = new Ajv2020({ strict: false }).compile(schema)
  compiled.set(name, validate)
  return validate
}

/** The answer, or an error that names what its schema does not allow. */
export const answered = (name: keyof typeof ANSWER_SCHEMAS, json: string): unknown => {
  const value: unknown = JSON.parse(json)
  const validate = schemaOf(name)
  if (!validate(value)) throw new Error(`${name}: ${JSON.stringify(validate.errors)} in ${json}`)
  return value
}
