/** Sealed reports: whatever is changed in one is noticed and named, in JSON and on the page. */
import { generateKeyPairSync } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  REPORT_FORMAT,
  type ReconciliationReport,
  type ReportDifference,
  type UnsealedReport
} from "../../schemas/reconciliation-report.ts"
import { reportHtml, reportInHtml } from "../../src/cli/report-html.ts"
import { verdictText } from "../../src/cli/report-text.ts"
import { canonicalJson } from "../../src/compose/canonical-json.ts"
import { brokenParts, sealReport, signatureState } from "../../src/compose/seal-report.ts"

const difference = (id: string, kind: string, repairedBy: string | null = null): ReportDifference => ({
  table: "lms.score",
  id,
  kind,
  fields: kind === "mismatch" ? ["points", "等级"] : [],
  position: null,
  repairedBy,
  repairedAt: repairedBy === null ? null : "2026-11-22T16:00:00.000Z"
})

const unsealed: UnsealedReport = {
  format: REPORT_FORMAT,
  connector: "lms-hr",
  run: "20261122T152027-1c9a",
  state: "done",
  by: "reconcile",
  scope: { tables: null, since: null, course: null, person: null },
  startedAt: "2026-11-22T15:20:27.000Z",
  finishedAt: "2026-11-22T15:21:00.000Z",
  origin: { version: "0.1.0", mapping: "ab", source: "lms:3306", target: "postgresql hr:5432/hr" },
  madeAt: "2026-11-22T17:00:00.000Z",
  madeWith: "0.1.0",
  tables: ["lms.learner", "lms.score"].map((table) => ({
    table,
    startedAt: "2026-11-22T15:20:27.000Z",
    finishedAt: "2026-11-22T15:21:00.000Z",
    sourceRows: 300,
    profileRows: 299,
    chunks: 2,
    skipped: 0,
    from: "mysql:a binlog.000001:4",
    upTo: "mysql:a binlog.000001:99",
    missing: table === "lms.score" ? 2 : 0,
    extra: 0,
    stale: 0,
    mismatch: table === "lms.score" ? 1 : 0,
    unsettled: 0,
    held: 7,
    dead: 0
  })),
  repairs: [
    {
      by: "reconcile",
      table: "lms.score",
      kind: "missing",
      rows: 1,
      firstAt: "2026-11-22T16:00:00.000Z",
      lastAt: "2026-11-22T16:00:00.000Z"
    }
  ],
  differences: [
    difference("lms.score:4", "missing", "reconcile"),
    difference("lms.score:</script><b>", "missing"),
    difference("lms.score:6", "mismatch")
  ],
  unlisted: 0
}
const { privateKey, publicKey } = generateKeyPairSync("ed25519")
const copy = (report: ReconciliationReport) => JSON.parse(JSON.stringify(report)) as ReconciliationReport

describe("a sealed report", () => {
  it("is whole as it was made, in whatever order its members stand (G1)", () => {
    const report = sealReport(unsealed, undefined)
    expect(brokenParts(report)).toEqual([])
    expect(brokenParts(JSON.parse(canonicalJson(report)) as ReconciliationReport)).toEqual([])
    expect(report.seal.parts).toHaveLength(1 + 2 + 1 + 3)
  })

  it("names what was altered, added, removed or moved (G1)", () => {
    interface Loose {
      note?: string
      by: string
      tables: Array<{ missing: number }>
      differences: Array<{ repairedBy: string | null }>
      seal: { parts: Array<string> }
    }
    const altered = (change: (report: Loose) => void) => {
      const report = copy(sealReport(unsealed, undefined))
      change(report as unknown as Loose)
      return brokenParts(report)
    }
    expect(altered((report) => (report.by = "somebody"))).toEqual(["head was altered or added"])
    expect(altered((report) => (report.note = "all is well"))).toEqual(["head was altered or added"])
    expect(altered((report) => (report.tables[1]!.missing = 0))).toEqual([
      "table lms.score was altered or added"
    ])
    expect(altered((report) => (report.differences[2]!.repairedBy = "dba"))).toEqual([
      "difference mismatch lms.score:6 was altered or added"
    ])
    expect(altered((report) => report.differences.pop())).toEqual(["1 rows were removed"])
    expect(altered((report) => report.differences.push(difference("x", "extra")))).toEqual([
      "difference extra x was altered or added"
    ])
    expect(altered((report) => report.differences.reverse())).toEqual(["rows stand in another order"])
    expect(
      altered((report) => {
        report.differences.pop()
        report.seal.parts.pop()
      })
    ).toEqual(["the seal itself was altered: its digest is another"])
  })

  it("is not whole once any text or number in it is another, wherever it stands (G1)", () => {
    const report = sealReport(unsealed, undefined)
    const paths: Array<ReadonlyArray<string>> = []
    const walk = (value: unknown, path: ReadonlyArray<string>): void => {
      if (typeof value !== "object" || value === null) paths.push(path)
      else for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key])
    }
    const { seal: _, ...content } = report
    walk(content, [])
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
        (path, put) => {
          const changed = copy(report) as unknown as Record<string, unknown>
          let place = changed
          for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>
          if (place[path.at(-1)!] === put) return
          place[path.at(-1)!] = put
          expect(brokenParts(changed as unknown as ReconciliationReport)).not.toEqual([])
        }
      )
    )
  })

  it("tells by whose key it was signed, and that a seal made anew is not (G1)", () => {
    const report = sealReport(unsealed, privateKey)
    expect(signatureState(report.seal, publicKey)).toBe("valid")
    expect(signatureState(report.seal, undefined)).toBe("valid")
    expect(signatureState(report.seal, generateKeyPairSync("ed25519").publicKey)).toBe("other")
    expect(signatureState(sealReport(unsealed, undefined).seal, publicKey)).toBe("none")
    const forged = sealReport({ ...unsealed, by: "somebody" }, undefined)
    expect(signatureState({ ...forged.seal, signature: report.seal.signature }, undefined)).toBe("invalid")
    const junk = { ...report.seal.signature!, publicKey: "AAAA" }
    expect(signatureState({ ...report.seal, signature: junk }, undefined)).toBe("invalid")
  })

  it("gives a page of its own: no script that runs, nothing from elsewhere, the report whole in it (G1, G9)", () => {
    const report = sealReport(unsealed, privateKey)
    const page = reportHtml(report)
    expect(JSON.parse(reportInHtml(page)!)).toEqual(report)
    expect(page).not.toMatch(/https?:|src=|<link|@import|url\(/)
    expect(page.match(/<script/g)).toEqual(["<script"])
    expect(page).not.toContain("<b>")
    expect(page).toContain("3 of 600 rows differed; 1 repaired, 2 still open.")
    expect(page).toContain("lms.score:&lt;/script&gt;&lt;b&gt;")
    expect(reportHtml(JSON.parse(reportInHtml(page)!) as ReconciliationReport)).toBe(page)
  })

  it("calls good only what was finished, settled and mended (G1)", () => {
    const verdict = (change: Partial<UnsealedReport>) =>
      verdictText(sealReport({ ...unsealed, ...change }, undefined))
    const clean = unsealed.tables.map((table) => ({ ...table, missing: 0, mismatch: 0 }))
    expect(verdict({ tables: clean, differences: [] })).toEqual({
      text: "Both databases agreed in all 600 rows. In queues: 14 held, 0 dead letters.",
      isGood: true
    })
    expect(verdict({ tables: clean.map((table) => ({ ...table, held: 0 })), differences: [] }).text).toBe(
      "Both databases agreed in all 600 rows."
    )
    expect(verdict({ state: "failed", finishedAt: null }).isGood).toBe(false)
    expect(verdict({ tables: clean.map((table) => ({ ...table, unsettled: 1 })), differences: [] })).toEqual({
      text: "No difference was found in 600 rows. 2 could not be settled. In queues: 14 held, 0 dead letters.",
      isGood: false
    })
    const repairs = unsealed.repairs.map((one) => ({ ...one, rows: 3 }))
    expect(verdict({ repairs })).toEqual({
      text: "3 of 600 rows differed; all of them were repaired. In queues: 14 held, 0 dead letters.",
      isGood: true
    })
  })
})
