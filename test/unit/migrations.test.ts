/**
 * Migrations only go forward, and the program before this one goes on working on what they leave: during a rollout it
 * still runs, and after a rollback it runs again.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const ROOT = "schemas/hr/migrations"

/** What an older program would stumble over. Views may be replaced: nothing writes through them. */
const BREAKING: ReadonlyArray<readonly [pattern: RegExp, why: string]> = [
  [/\bdrop\s+(table|column|schema|database)\b/i, "the older program still uses it"],
  [/\balter\s+table\s+\S+\s+drop\s+(?!constraint\b|index\b)/i, "the older program still uses it"],
  [/\brename\b/i, "the older program knows the old name"],
  [/\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, "the older program reads and writes the old type"],
  [/\bset\s+not\s+null\b/i, "the older program may leave it empty"],
  [
    /\badd\s+(column\s+)?(?!constraint\b|index\b|column\b)\S+\s+(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b/i,
    "the older program does not fill it"
  ]
]

const statements = (file: string): ReadonlyArray<string> =>
  readFileSync(file, "utf8")
    .split("--> statement-breakpoint")
    .map((statement) => statement.replaceAll(/^--.*$/gm, "").trim())

describe.each(["postgresql", "mysql"])("migrations on %s", (kind) => {
  const folder = join(ROOT, kind)
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"))

  it("only add, so that the program before this one goes on working (G4)", () => {
    const wrong = files.flatMap((file) =>
      statements(join(folder, file)).flatMap((statement) =>
        BREAKING.filter(([pattern]) => pattern.test(statement)).map(
          ([, why]) =>
            `${file}: ${statement.slice(0, 120)} — ${why}; add beside it, and remove with a later release`
        )
      )
    )
    expect(wrong).toEqual([])
  })

  it("stand in the journal in the order of their numbers, each once (G3)", () => {
    const { entries } = JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as {
      entries: ReadonlyArray<{ idx: number; tag: string; when: number }>
    }
    expect(entries.map(({ tag }) => `${tag}.sql`)).toEqual(files.sort())
    const times = entries.map(({ when }) => when)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  })
})
