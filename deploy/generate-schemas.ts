/**
 * Writes schemas/json/: one JSON Schema per event type, one for the configuration and one for each answer
 * that programs read (`-o json`), generated from the Effect schemas
 * so that both never differ. Run it after a change of the contract: `node deploy/generate-schemas.ts`.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises"
import { format } from "oxfmt"
import { writeChartSchema } from "./generate-chart-schema.ts"
import { ANSWER_SCHEMAS } from "../schemas/answer-list.ts"
import { EVENT_SCHEMAS } from "../schemas/change-event.ts"
import { configJsonSchema, jsonSchemaOf } from "../src/runtime/json-schema.ts"

export const JSON_SCHEMA_FOLDER = new URL("../schemas/json/", import.meta.url)

/** File name and text of every generated schema, formatted like everything else. */
export const generatedSchemas = async (): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>()
  const put = async (name: string, schema: unknown): Promise<void> => {
    const file = `${name}.json`
    files.set(file, (await format(file, JSON.stringify(schema, null, 2), { printWidth: 110 })).code)
  }
  for (const [name, schema] of Object.entries(EVENT_SCHEMAS)) {
    await put(name, jsonSchemaOf(schema, { name, title: `gradewire.${name}`, onExcessProperty: "ignore" }))
  }
  await put("connector-config", configJsonSchema())
  for (const [name, { commands, schema }] of Object.entries(ANSWER_SCHEMAS)) {
    const title = `gradewire ${commands.length === 0 ? "…" : commands.join(", ")} -o json`
    await put(name, jsonSchemaOf(schema, { name: `${name}.v1`, title, onExcessProperty: "ignore" }))
  }
  return files
}

const writeSchemas = async (): Promise<void> => {
  const files = await generatedSchemas()
  await mkdir(JSON_SCHEMA_FOLDER, { recursive: true })
  for (const file of await readdir(JSON_SCHEMA_FOLDER)) {
    if (!files.has(file)) await rm(new URL(file, JSON_SCHEMA_FOLDER))
  }
  for (const [file, text] of files) await writeFile(new URL(file, JSON_SCHEMA_FOLDER), text)
}

if (import.meta.main) {
  await writeSchemas()
  // The chart checks the configuration by the same schema.
  await writeChartSchema()
}
