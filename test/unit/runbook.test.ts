/** docs/operations.md as `gradewire explain` reads it: complete, and in accord with the code. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { findEntry, runbookEntries } from "../../src/cli/runbook.ts"

const root = join(import.meta.dirname, "../..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const guide = read("docs/operations.md")

/** Tag and fate of every error that a user can meet, as the code declares them. */
const declared = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "src", "connectors", "schemas"],
  {
    cwd: root,
    encoding: "utf8"
  }
)
  .split("\n")
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) =>
    read(path)
      .split(/(?=TaggedError<\w+>\(\)\()/)
      .flatMap((part) => {
        const tag = /^TaggedError<\w+>\(\)\(\s*"(\w+)"/.exec(part)?.[1]
        const fate = /fate: Fate = "(\w+)"/.exec(part)?.[1]
        return tag === undefined ? [] : [{ tag, fate }]
      })
  )

describe("the runbook", () => {
  it("says of every error the code knows what its fate is, and what to do about it (G3)", () => {
    expect(declared.length).toBeGreaterThan(30)
    const told = declared.map(({ fate, tag }) => {
      const text = findEntry(guide, tag)?.text ?? ""
      const sentences = text.split(/[.:;?](?=\s|$)/).filter((sentence) => sentence.trim() !== "").length
      return { tag, fate: /^(\w+)\. /.exec(text)?.[1], isEnough: fate !== undefined && sentences >= 3 }
    })
    expect(told).toEqual(declared.map(({ fate, tag }) => ({ tag, fate, isEnough: true })))
  })

  it("is found by tag, by any spelling of it and by the address that errors print (G3)", () => {
    const entry = findEntry(guide, "PositionPurged")
    expect(entry).toMatchObject({ tag: "PositionPurged", section: "The training database" })
    expect(entry!.text).toMatch(/^halt\. /)
    expect(entry!.text).not.toContain("###")
    expect(findEntry(guide, "positionpurged")).toEqual(entry)
    expect(findEntry(guide, "docs/operations.md#positionpurged")).toEqual(entry)
    expect(findEntry(guide, "Position")).toBeUndefined()
  })

  it("has each tag once (G3)", () => {
    const tags = runbookEntries(guide).map(({ tag }) => tag)
    expect(new Set(tags).size).toBe(tags.length)
  })
})
