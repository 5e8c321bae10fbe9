/** Which mapping is which: the same words in another order are the same, anything that changes a profile is another. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { mappingOf } from "../../src/compose/record-mapping.ts"
import { decodeConfig } from "../../src/runtime/decode-config.ts"
import { CONNECTOR_YAML } from "../support/connector-yaml.ts"

const hashOf = (text: string): string => mappingOf(Result.getOrThrow(decodeConfig("c.yaml", text))).hash
const changed = (from: string, to: string): string => {
  if (!CONNECTOR_YAML.includes(from)) throw new Error(`not in the fixture: ${from}`)
  return hashOf(CONNECTOR_YAML.replace(from, to))
}
const HASH = hashOf(CONNECTOR_YAML)

describe("the hash of a mapping", () => {
  it("is the same for the same mapping, in whatever order and with whatever else (G4)", () => {
    const keys = "fields: { title: 名称, max: 满分 }"
    expect(changed(keys, "fields: { max: 满分, title: 名称 }")).toBe(HASH)
    expect(changed("host: pg", "host: elsewhere")).toBe(HASH)
  })

  it("is another one where something is filed otherwise (G4)", () => {
    expect(changed("raw: 分数", "raw: 总分")).not.toBe(HASH)
    expect(changed('timeZone: "+08:00"', "timeZone: Asia/Shanghai")).not.toBe(HASH)
    expect(changed("employee: mobile", "employee: phone")).not.toBe(HASH)
  })

  it("is made of a text without secrets (G9)", () => {
    const { mapping } = mappingOf(Result.getOrThrow(decodeConfig("c.yaml", CONNECTOR_YAML)))
    expect(mapping).not.toMatch(/DB_PASSWORD|nats:/)
    expect(JSON.parse(mapping)).toMatchObject({ sourceTimeZone: "+08:00", employees: { key: "工号" } })
  })
})
