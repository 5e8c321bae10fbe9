/** The main job as a newcomer sees it: the demo runs, gradewire is killed meanwhile, and the verdict is clean. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildProgram } from "../../deploy/build.ts"

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const DIST = join(ROOT, "dist")
const MAIN = join(ROOT, "deploy/demo/main.ts")

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const demo = async (folder: string, ...args: ReadonlyArray<string>): Promise<Ended> => {
  const env = { ...process.env, TMPDIR: folder, NO_COLOR: "1" }
  try {
    const ended = await execute(process.execPath, [MAIN, ...args], { env, maxBuffer: 16 * 1024 * 1024 })
    return { code: 0, ...ended }
  } catch (error) {
    const { code, stderr, stdout } = error as { code?: number; stdout?: string; stderr?: string }
    return { code: code ?? -1, stdout: stdout ?? "", stderr: stderr ?? String(error) }
  }
}

describe("demo", () => {
  let folder = ""

  beforeAll(async () => {
    // short, because a server's socket lies below it
    folder = await mkdtemp(join(tmpdir(), "gw-demo-"))
    if (!existsSync(join(DIST, "gradewire.js"))) await buildProgram(DIST)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(["mysql", "mariadb"] as const)(
    "on %s loses, doubles and misfiles nothing over SIGKILL and a NATS restart (G1, G2, G7)",
    { timeout: 180_000 },
    async (source) => {
      const file = join(folder, `${source}.json`)
      const args = ["--source", source, "--seconds", "8", "--rate", "60", "--kills", "1", "--json", file]
      const { code, stderr, stdout } = await demo(folder, ...args)
      expect(code, `${stdout}\n${stderr}`).toBe(0)
      const verdict = JSON.parse(await readFile(file, "utf8"))
      expect(verdict).toMatchObject({
        source: expect.stringMatching(new RegExp(String.raw`^${source} \d+\.`)),
        lost: 0,
        doubled: 0,
        wrong: 0,
        phantom: 0,
        kills: 1,
        natsRestarts: 1,
        unexpectedExits: 0,
        complaints: [],
        differences: [],
        passed: true,
        latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) }
      })
      expect(verdict.written).toBe(verdict.applied + verdict.heldChanges)
      expect(verdict.written).toBeGreaterThan(2000)
      expect(verdict.held).toBeGreaterThan(0)
      expect(verdict.released).toBeGreaterThan(0)
      expect(verdict.rolledBack).toBeGreaterThan(0)
      expect(Object.keys(verdict.heldBy).sort()).toEqual(["ABSENT", "AMBIGUOUS", "CONFLICT"])
      expect(stdout).toContain("SIGKILL gradewire")
      expect(stdout).toContain("NATS restarted")
      expect(stdout).toContain("PASSED")
      // it tidies up after itself
      expect((await readdir(folder)).filter((name) => name.startsWith("gradewire-"))).toEqual([])
    }
  )

  it("refuses a wrong argument with its usage and exit code 2 (G3)", async () => {
    const { code, stderr } = await demo(folder, "--speed", "9")
    expect(code).toBe(2)
    expect(stderr).toContain("make demo")
  })
})
