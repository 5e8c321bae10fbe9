/** What a release hands out holds all that it needs and nothing that it should not. */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import packageJson from "../../package.json" with { type: "json" }
import { bundledPackages, makeRelease } from "../../deploy/release.ts"

const execute = promisify(execFile)
const { version } = packageJson

describe("a release", () => {
  let folder = ""
  let files: ReadonlyArray<string> = []
  const listed = async (archive: string): Promise<ReadonlyArray<string>> =>
    (await execute("tar", ["-tzf", join(folder, archive)])).stdout.trim().split("\n")

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-release-"))
    files = await makeRelease(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("has one version everywhere (G3)", () => {
    const names = ["cdx.json", "tgz"].map((ending) => `gradewire-${version}.${ending}`)
    expect([...files].sort()).toEqual(["SHA256SUMS", `gradewire-chart-${version}.tgz`, ...names].sort())
  })

  it("packs the bundle, its migrations and licences, and no source, test or secret (G9)", async () => {
    const inside = (await listed(`gradewire-${version}.tgz`)).map((file) => file.replace("package/", ""))
    expect(inside).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "package.json",
        "dist/gradewire.js",
        "dist/THIRD-PARTY-LICENSES.txt",
        "dist/schemas/hr/migrations/postgresql/0000_tables.sql",
        "dist/schemas/hr/migrations/mysql/0000_tables.sql",
        "dist/schemas/hr/migrations/postgresql/meta/_journal.json"
      ])
    )
    const wanted =
      /^(LICENSE|README\.md|package\.json|dist\/(docs\/(operations|alerts)\.md|gradewire\.js|package\.json|THIRD-PARTY-LICENSES\.txt|program\/bundle\/[\w.-]+\.js|schemas\/hr\/migrations\/\w+\/(\d{4}_\w+\.sql|meta\/_journal\.json)))$/
    expect(inside.filter((file) => !wanted.test(file))).toEqual([])
  })

  it("lists in its bill of materials exactly the packages that are in the bundle (G9)", async () => {
    const text = await readFile(join(folder, `gradewire-${version}.cdx.json`), "utf8")
    const bill = JSON.parse(text) as {
      bomFormat: string
      metadata: { component: { name: string; version: string } }
      components: ReadonlyArray<{ name: string; version: string; licenses: ReadonlyArray<unknown> }>
    }
    expect(bill).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { name: "gradewire", version } }
    })
    const bundled = bundledPackages(await readFile("dist/THIRD-PARTY-LICENSES.txt", "utf8"))
    expect(bundled.length).toBeGreaterThan(10)
    expect(bill.components.map((part) => `${part.name} ${part.version}`).sort()).toEqual([...bundled].sort())
    for (const { licenses } of bill.components) expect(licenses.length).toBeGreaterThan(0)
    expect(text).not.toContain(process.cwd())
  })

  it("packs a chart with its profiles, schema, alerts and dashboard as files (G3)", async () => {
    const inside = await listed(`gradewire-chart-${version}.tgz`)
    for (const file of [
      "values.schema.json",
      "values-small.yaml",
      "files/gradewire.rules.yaml",
      "examples/small.yaml"
    ]) {
      expect(inside).toContain(`gradewire/${file}`)
    }
    expect(inside.filter((file) => file.includes("golden"))).toEqual([])
  })
})
