/** Section `alerts` of a configuration: every mistake at once, and no address in any message. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { CONNECTOR_YAML, problemsOf } from "../../support/connector-yaml.ts"

const problems = (alerts: string) =>
  problemsOf(`${CONNECTOR_YAML}alerts:\n${alerts}`).map((line) => line.replace(/^\d+:\d+ {2}/, ""))

describe("alerts in the configuration", () => {
  it("are taken as the documentation and the example write them (G3)", () => {
    const page = readFileSync(new URL("../../../docs/alerts.md", import.meta.url), "utf8")
    const [, block] = /^```yaml\n([\s\S]*?)^```$/m.exec(page)!
    expect(problemsOf(`${CONNECTOR_YAML}${block}`)).toEqual([])
    const example = readFileSync(new URL("../../../deploy/examples/lms-to-hr.yaml", import.meta.url), "utf8")
    const section = example
      .slice(example.indexOf("# alerts:"))
      .replaceAll(/^# ──.*$/gm, "")
      .replaceAll(/^# /gm, "")
    expect(problemsOf(`${CONNECTOR_YAML}${section}`)).toEqual([])
  })

  it("have all their mistakes reported at once, with what to write instead (G3)", () => {
    const found = problems(`  webhooks:
    - { name: ops, kind: dingding, url: { file: u } }
    - { name: ops, kind: slack, url: https://hooks.example/T0KEN }
  quietHours: { from: "25:00", to: "07:00", timeZone: Beijing }
  rules: { GradewireLagHihg: { threshold: 1 }, GradewireSchemaDrift: { threshold: 1 } }
`)
    expect(found.join("\n")).not.toContain("T0KEN")
    for (const path of [
      "alerts.webhooks[0].kind",
      "alerts.webhooks[1].url",
      "alerts.quietHours.from",
      "alerts.quietHours.timeZone",
      "alerts.rules.GradewireLagHihg",
      "alerts.rules.GradewireSchemaDrift"
    ]) {
      expect(found.filter((line) => line.startsWith(path))).toHaveLength(1)
    }
    expect(found.find((line) => line.includes("GradewireLagHihg"))).toContain("GradewireLagHigh")
  })

  it("have receivers that contradict themselves or each other reported (G3)", () => {
    expect(
      problems(`  webhooks:
    - { name: ops, kind: slack, url: { env: A }, secret: { env: B } }
    - { name: ops, kind: feishu, url: { env: A }, secret: { env: B } }
  quietHours: { from: "07:00", to: "07:00", timeZone: "+08:00" }
`)
    ).toEqual([
      "alerts.webhooks[0].secret  slack signs nothing  (remove it; its address is its secret)",
      "alerts.webhooks[1].name  is webhooks[0]'s name already  (give each its own)",
      "alerts.quietHours.to  quiet hours that end when they begin  (write another time, or remove quietHours)"
    ])
  })
})
