/** The program as it is shipped: the bundle, built outside the checkout, as its own process against a real HR database. */
import { once } from "node:events"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { LoneHr, PASSWORD } from "../e2e/LoneHr.ts"

let world: LoneHr
let folder: string
let config: string

beforeAll(async () => {
  world = await LoneHr.open("cli-test")
  folder = world.program.folder
  config = world.config
})

afterAll(() => world?.close())

const gradewire = (...args: ReadonlyArray<string>) => world.program.run(...args)

describe("the shipped program", () => {
  it("explains itself on standard output (G3)", async () => {
    const help = await gradewire("--help")
    expect(help).toMatchObject({ code: 0, err: "" })
    expect(help.out).toContain("gradewire check --config connector.yaml")
    expect(await gradewire("--version")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^gradewire \d+\.\d+\.\d+\n$/)
    })
    expect((await gradewire("--completions", "bash")).out).toContain("gradewire")
  })

  it("answers wrong usage with 2, on standard error alone (G3)", async () => {
    expect(await gradewire("offsets", "list")).toMatchObject({ code: 2, out: "" })
    expect(await gradewire("ofsets")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("offsets")
    })
  })

  it("validates and renders a file without connecting to anything (G3)", async () => {
    expect(await gradewire("config", "validate", "--config", config)).toMatchObject({ code: 0, err: "" })
    const render = await gradewire("config", "render", "--config", config, "-o", "json")
    expect(JSON.parse(render.out)).toMatchObject({
      derived: { stream: "GRADEWIRE_CLI_TEST" },
      target: { password: { file: "hr-password" } }
    })
    expect(render.out).not.toContain(PASSWORD)
  })

  it("answers wrong usage of a plugin as unknown, in the line and with the code that Nagios reads (G3)", async () => {
    const { code, out, err } = await gradewire("check", "lag", "--config", "c.yaml", "--warnings", "1m")
    expect({ code, out }).toEqual({ code: 3, out: "GRADEWIRE UNKNOWN - wrong usage\n" })
    expect(err).toContain("--warnings")
  })

  it("names every problem of a bad file and exits with 1 (G3)", async () => {
    const bad = join(folder, "bad.yaml")
    await writeFile(bad, "version: 1\nconector: x\n")
    const { code, out, err } = await gradewire("config", "validate", "--config", bad)
    expect({ code, out }).toEqual({ code: 1, out: "" })
    expect(err).toMatch(/^gradewire: ConfigInvalid: \d+ problems in /)
    expect(err).toContain("bad.yaml:2:1  conector  unknown key  (did you mean connector?)")
    expect(err).toContain("see: docs/operations.md#configinvalid")
  })

  it("migrates the HR database once, and says where it stands (G4)", async () => {
    const early = await gradewire("offsets", "list", "--config", config, "-o", "json")
    expect(early).toMatchObject({ code: 1, out: "" })
    expect(JSON.parse(early.err)).toMatchObject({ error: { tag: "StoreMisconfigured" } })

    const first = await gradewire("migrate", "--config", config, "-o", "json")
    expect(first).toMatchObject({ code: 0, err: "" })
    const { applied, total } = JSON.parse(first.out) as { applied: number; total: number }
    expect({ applied }).toEqual({ applied: total })
    // This account may make no roles: the statements for somebody who may stand below.
    const again = (await gradewire("migrate", "--config", config)).out.split("\n")
    expect(again[0]).toBe(`Nothing to do: all ${total} migrations are there.`)
    expect(again).toContain("CREATE ROLE gradewire_reader NOLOGIN;")
    const listed = await gradewire("offsets", "list", "--config", config, "-o", "json")
    const nothing = { logPosition: null, lagSeconds: null, epoch: null, state: null, trouble: {} }
    expect(JSON.parse(listed.out)).toMatchObject([nothing, nothing])
  })

  it("checks the HR database without an error (G3)", async () => {
    const { code, out } = await gradewire("check", "target", "--config", config, "-o", "json")
    const { ok, findings } = JSON.parse(out) as {
      ok: boolean
      findings: ReadonlyArray<Record<string, string>>
    }
    expect(findings.filter((finding) => finding["severity"] === "error")).toEqual([])
    expect({ code, ok }).toEqual({ code: 0, ok: true })
  })

  it("finds servers that do not answer, each by name, and exits with 1 (G3)", async () => {
    const { code, out } = await gradewire("check", "--config", config, "-o", "json")
    const { findings } = JSON.parse(out) as { findings: ReadonlyArray<Record<string, string>> }
    const broken = findings
      .filter((finding) => finding["severity"] === "error")
      .map((finding) => finding["part"])
    expect(code).toBe(1)
    expect(new Set(broken)).toEqual(new Set(["source", "changelog"]))
  })

  it("runs until it is told to stop: JSON lines on standard error, exit code 0 (G3)", async () => {
    const child = world.program.start("run", "--config", config, "--http", "off")
    const exited = once(child, "exit")
    const out = text(child.stdout!)
    const lines: Array<Record<string, unknown>> = []
    // A second signal would not wait for the end of what the first one began.
    let told = false
    for await (const line of createInterface({ input: child.stderr! })) {
      lines.push(JSON.parse(line) as Record<string, unknown>)
      if (lines.at(-1)!["tag"] === "LogUnavailable" && !told) {
        told = true
        child.kill("SIGTERM")
      }
    }
    expect(await exited).toEqual([0, null])
    expect(await out).toBe("")
    expect(
      lines.every((entry) => typeof entry["time"] === "string" && typeof entry["level"] === "string")
    ).toBe(true)
  })

  it("shows dead letters and takes decisions about them, whether anything runs or not (G1, G9)", async () => {
    const client = new Client({ connectionString: world.server.url })
    await client.connect()
    const position = (n: number) => `0001-0000000001-0000000000000${n}-0000017592186044416`
    for (const [n, state] of [
      [1, "open"],
      [2, "waiting"]
    ] as const) {
      const event = {
        id: `e${n}`,
        subject: "lms.成绩",
        data: { resultId: "lms.成绩:7", score: { raw: "99.25" } }
      }
      await client.query(
        `insert into gradewire.dead_letter values
         ('cli-test', $1, 'lms.成绩:7', 'gradewire.score.recorded.v1', 'e', $2, '23514', 'constraint c', $3, now(), now())`,
        [position(n), JSON.stringify(event), state]
      )
    }
    const letters = (...args: ReadonlyArray<string>) => gradewire("deadletters", ...args, "--config", config)
    expect((await letters("list")).out).toMatch(
      /POSITION.*\n.*OPEN.*lms\.成绩:7.*23514.*constraint c\n.*WAITING/
    )
    const shown = await letters("show", position(1), "-o", "json")
    expect(JSON.parse(shown.out)).toMatchObject({ letter: { table: "lms.成绩" }, revealed: false })
    expect(shown.out).not.toContain("99.25")
    expect((await letters("show", position(1), "--reveal")).out).toContain("99.25")

    const plan = await letters("replay", "--all", "--reason-is", "23514")
    expect(plan).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed") })
    const replayed = await letters("replay", position(1), "--timeout", "1")
    expect(replayed).toMatchObject({ code: 3, out: expect.stringContaining("start gradewire run") })
    const why = "测试账号"
    const discarded = await letters("discard", position(1), "--reason", why, "--by", "ann", "-o", "json")
    expect(JSON.parse(discarded.out)).toMatchObject({ letters: [{ outcome: "discarded" }] })
    expect((await letters("show", position(1))).out).toMatch(/replay by \S+@\S+\n.*discard by ann: 测试账号/)
    const again = await letters("discard", position(1), "--reason", why)
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("DeadLetterSettled") })
    expect((await letters("replay", "nowhere")).err).toContain("DeadLetterUnknown")
    await client.query("delete from gradewire.dead_letter; delete from gradewire.dead_letter_decision")
    await client.end()
  })

  it("names a secret that is not there, by its place alone (G9)", async () => {
    await rm(join(folder, "hr-password"))
    const { code, out, err } = await gradewire("offsets", "list", "--config", config)
    expect({ code, out }).toEqual({ code: 1, out: "" })
    expect(err).toMatch(
      /^gradewire: SecretUnreadable: target\.password: file hr-password does not exist\n {2}fix: /
    )
    const check = await gradewire("check", "target", "--config", config)
    expect(check).toMatchObject({ code: 1, err: "", out: expect.stringContaining("secret target.password") })
  })
})
