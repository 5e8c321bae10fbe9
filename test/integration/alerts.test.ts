/** Alerts and dashboard: they ask only for metrics that the program declares, and the alerts fire when they should. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { expressions } from "../../deploy/dashboards/generate.ts"
import { runTool } from "../../deploy/tools/find-tool.ts"
import { ALERT_NAMES, alertRule } from "../../schemas/alert-rules.ts"
import { METRICS } from "../../src/pipeline/metrics.ts"

const RULES = "deploy/alerts/gradewire.rules.yaml"

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const secondsOf = (text: string | undefined): number => {
  const parts = /^(\d+)([smhd])$/.exec(text ?? "0s")!
  return Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS]
}

const rules = async (): Promise<ReadonlyArray<Rule>> => {
  const { groups } = parse(await readFile(RULES, "utf8")) as {
    groups: ReadonlyArray<{ rules: ReadonlyArray<Rule> }>
  }
  return groups.flatMap((group) => group.rules)
}

const declared = new Map(
  METRICS.flatMap(({ kind, labels, name }) =>
    (kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""]).map(
      (suffix) => [`${name}${suffix}`, Object.keys(labels)] as const
    )
  )
)
/** Given by whoever scrapes, or by the histogram. */
const OUTER = ["namespace", "service", "pod", "le"]

/** Metrics and labels of an expression that nobody declares. */
const unknownIn = (expr: string): ReadonlyArray<string> => {
  const names = [...expr.matchAll(/\b(?:gradewire|process|nodejs)_\w+/g)].map(([name]) => name)
  const known = new Set([...names.flatMap((name) => declared.get(name) ?? []), ...OUTER])
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/))
  const selected = [...expr.matchAll(/[{,]\s*(\w+)(?==~?")/g)].map(([, label]) => label!)
  return [
    ...names.filter((name) => !declared.has(name)),
    ...[...grouped, ...selected].filter((label) => !known.has(label))
  ]
}

describe("alerts", () => {
  it("ask only for metrics and labels that the program has (G3)", async () => {
    for (const { expr } of await rules()) {
      expect(expr).toMatch(/gradewire_/)
      expect(unknownIn(expr)).toEqual([])
    }
  })

  it("are well formed, fire when they should and are silent when they should be (G3)", async () => {
    expect(await runTool("promtool", "check", "rules", RULES)).toContain("SUCCESS")
    const tests = RULES.replace(".yaml", ".test.yaml")
    expect(await runTool("promtool", "test", "rules", tests)).toContain("SUCCESS")
    const tested = await readFile(tests, "utf8")
    const untested = (await rules()).map(({ alert }) => alert).filter((alert) => !tested.includes(alert))
    expect(untested).toEqual([])
  })

  it("of the process and of Prometheus are the same, with the same figures (G3)", async () => {
    const all = new Map((await rules()).map((rule) => [rule.alert, rule]))
    for (const name of ALERT_NAMES) {
      const { below, forSeconds, onlyHere, severity, threshold } = alertRule(name)
      const rule = all.get(name)
      if (onlyHere !== undefined) {
        expect({ name, rule }).toEqual({ name, rule: undefined })
        continue
      }
      expect({ name, severity: rule?.labels.severity }).toEqual({ name, severity })
      expect({ name, for: secondsOf(rule!.for) }).toEqual({ name, for: forSeconds })
      if (threshold === undefined) continue
      const [, sign, figure] = / ([<>]) (\d+)\s*$/.exec(rule!.expr) ?? []
      expect({ name, sign, figure }).toEqual({
        name,
        sign: below === true ? "<" : ">",
        figure: String(threshold)
      })
    }
  })

  it("each say what to do under a heading of docs/alerts.md (G3)", async () => {
    const headings = [...(await readFile("docs/alerts.md", "utf8")).matchAll(/^### (\w+)$/gm)].map(
      ([, name]) => name!
    )
    const all = await rules()
    const names = new Set([...all.map(({ alert }) => alert), ...ALERT_NAMES, "GradewireTest"])
    expect(headings.sort()).toEqual([...names].sort())
    for (const { alert, annotations, labels } of all) {
      expect(annotations.runbook).toBe(`docs/alerts.md#${alert.toLowerCase()}`)
      expect(["warning", "critical"]).toContain(labels.severity)
    }
  })
})

describe("the dashboard", () => {
  it("asks only for metrics and labels that the program has, in PromQL that is one (G3)", async () => {
    const asked = expressions()
    expect(asked.flatMap(unknownIn)).toEqual([])
    const folder = await mkdtemp(join(tmpdir(), "gw-dashboard-"))
    try {
      // As recording rules, because promtool checks those.
      const file = join(folder, "rules.json")
      const recorded = asked.map((expr, place) => ({ record: `panel:${place}`, expr }))
      await writeFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules: recorded }] }))
      expect(await runTool("promtool", "check", "rules", file)).toContain(`${asked.length} rules found`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    const shown = asked.join("\n")
    for (const { name } of METRICS.filter((metric) =>
      /lag|events|held|dead|purge|retries|resident/.test(metric.name)
    )) {
      expect(shown).toContain(name)
    }
  })
})
