import { readdirSync, readFileSync } from "node:fs"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { effectiveConfig } from "../../src/compose/effective-config.ts"
import { decodeConfig } from "../../src/runtime/decode-config.ts"
import { generatedSchemas, JSON_SCHEMA_FOLDER } from "../../deploy/generate-schemas.ts"
import { CONNECTOR_YAML, problemsOf } from "../support/connector-yaml.ts"

const EXAMPLES = new URL("../../deploy/examples/", import.meta.url)
const examples = readdirSync(EXAMPLES).filter((file) => file.endsWith(".yaml"))
const example = (file: string): string => readFileSync(new URL(file, EXAMPLES), "utf8")

describe("the examples", () => {
  it("of the README are valid configurations (G3)", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
    const blocks = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
    expect(blocks.length).toBeGreaterThan(0)
    expect(blocks.flatMap(problemsOf)).toEqual([])
  })

  it.each(examples)("%s is a valid configuration (G3)", (file) => {
    const decoded = decodeConfig(file, example(file))
    expect(Result.isFailure(decoded) ? decoded.failure.message : "").toBe("")
  })

  it("state the defaults that are really taken (G3)", () => {
    const text = example("lms-to-hr.yaml")
    const config = effectiveConfig(Result.getOrThrow(decodeConfig("lms-to-hr.yaml", text)))
    expect(text).toContain(`# serverId: ${config.source.serverId}\n`)
    expect(text).toContain(`# port: ${config.source.port}\n`)
    expect(text).toContain(`# start: ${config.source.start}\n`)
    expect(text).toContain(`# stream: ${config.changeLog.stream}\n`)
    expect(text).toContain(`# manage: ${config.changeLog.manage} `)
    expect(text).toContain(`# maxAgeHours: ${config.changeLog.maxAgeHours}\n`)
    expect(text).toContain(`# timeZone: "${config.target.timeZone}"\n`)
    for (const [key, value] of Object.entries(config.limits)) expect(text).toContain(`#   ${key}: ${value} `)
  })
})

describe("the generated JSON Schemas", () => {
  it("are the stored ones; else run: node deploy/generate-schemas.ts (G3)", async () => {
    const generated = await generatedSchemas()
    expect(readdirSync(JSON_SCHEMA_FOLDER).sort()).toEqual([...generated.keys()].sort())
    for (const [file, text] of generated) {
      const stored = readFileSync(new URL(file, JSON_SCHEMA_FOLDER), "utf8")
      expect({ file, text: stored }).toEqual({ file, text })
    }
  })

  it("accept the examples and refuse unknown keys, as the program does (G3)", () => {
    const schema = JSON.parse(
      readFileSync(new URL("connector-config.json", JSON_SCHEMA_FOLDER), "utf8")
    ) as object
    const validate = new Ajv2020({ strict: false }).compile(schema)
    for (const file of examples) {
      const accepted = validate(parse(example(file)))
      expect({ file, accepted, errors: validate.errors }).toEqual({ file, accepted: true, errors: null })
    }
    expect(validate({ ...(parse(CONNECTOR_YAML) as object), more: 1 })).toBe(false)
    expect(validate(parse(CONNECTOR_YAML.replace("score.raw", "score.rwa")))).toBe(false)
  })

  it("of events let them grow and hold the shape of a decimal (G1)", () => {
    const schema = JSON.parse(
      readFileSync(new URL("assessment.changed.v1.json", JSON_SCHEMA_FOLDER), "utf8")
    ) as object
    const validate = new Ajv2020({ strict: false }).compile(schema)
    const event = {
      specversion: "1.0",
      id: "u:1#1",
      source: "urn:gradewire:lms-hr",
      type: "gradewire.assessment.changed.v1",
      subject: "lms.exam",
      time: "2026-11-22T08:00:00.123Z",
      datacontenttype: "application/json",
      sequence: "0001-0000000123-00000004567890-0000000033554434",
      data: { assessmentId: "7", origin: "binlog", max: "100.00", removed: false }
    }
    expect(validate(event)).toBe(true)
    expect(validate({ ...event, newer: "field" })).toBe(true)
    expect(validate({ ...event, data: { ...event.data, max: "1e2" } })).toBe(false)
  })
})

describe("the effective configuration", () => {
  it("names secrets by their place and nothing else (G9)", () => {
    const config = effectiveConfig(Result.getOrThrow(decodeConfig("c.yaml", CONNECTOR_YAML)))
    expect(config.source.password).toEqual({ env: "DB_PASSWORD" })
    expect(config.changeLog).toMatchObject({ stream: "GRADEWIRE_LMS_HR", manage: "create", replicas: 1 })
    expect(config.target).toMatchObject({ port: 5432, timeZone: "+08:00" })
    expect(config.tables[2]).toMatchObject({ target: { onRevoke: "delete" } })
  })
})
