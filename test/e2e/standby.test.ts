/**
 * Two processes with --standby, as two pods would be: one works, the other waits; SIGKILL hands over, and one that was
 * frozen and wakes up neither writes nor takes the place back.
 */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildProgram } from "../../deploy/build.ts"
import { ArrivalBook } from "../../deploy/demo/ArrivalBook.ts"
import { Cleanup } from "../../deploy/demo/Cleanup.ts"
import { compareDatabases } from "../../deploy/demo/compare-databases.ts"
import { DIST, ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import { EXAMS } from "../../deploy/demo/people.ts"
import { WorkloadPlan } from "../../deploy/demo/plan-workload.ts"
import { prepareStage, type Stage } from "../../deploy/demo/prepare-stage.ts"
import { Random } from "../../deploy/demo/Random.ts"
import { readDatabases } from "../../deploy/demo/read-databases.ts"
import { Screen } from "../../deploy/demo/Screen.ts"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import { Writers } from "../../deploy/demo/Writers.ts"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"

const LIMIT_MS = 60_000

/** Until it is true; a process that is slow under load gets its time. */
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = performance.now() + LIMIT_MS; !(await holds()); await pause(20)) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS} ms: ${what}`)
  }
}

class Pod {
  readonly process: OwnedProcess
  readonly #folder: string
  readonly #program: ProgramCopy
  readonly #config: string

  constructor(folder: string, program: ProgramCopy, config: string) {
    this.#folder = folder
    this.#program = program
    this.#config = config
    this.process = new OwnedProcess(folder)
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const flags = ["--config", this.#config, "--standby", "--http", "off", "--log-format", "json"]
    this.process.start(this.#program.command("run", ...flags), this.#folder, `${this.#folder}.log`)
  }

  /** how often its log says so */
  async said(message: string): Promise<number> {
    const text = await readFile(`${this.#folder}.log`, "utf8").catch(() => "")
    return text.split("\n").filter((line) => line.includes(`"message":"${message}"`)).length
  }
}

describe("two processes with --standby", () => {
  const cleanup = new Cleanup()
  let stage: Stage
  let first: Pod
  let second: Pod
  let writers: Writers

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "gw-standby-"))
    cleanup.add(() => rm(folder, { recursive: true, force: true }))
    const screen = new Screen(new PassThrough() as unknown as NodeJS.WriteStream)
    const options = { source: "mysql", rate: 1, seconds: 5, kills: 0, keep: false, json: undefined } as const
    stage = await prepareStage({ ...options, seed: 5 }, screen, cleanup)
    if (!existsSync(join(DIST, "gradewire.js"))) await buildProgram(DIST)
    const program = await ProgramCopy.into(folder)
    first = new Pod(join(folder, "first"), program, stage.config)
    second = new Pod(join(folder, "second"), program, stage.config)
    for (const { process: owned } of [first, second]) {
      cleanup.add(async () => {
        owned.resume()
        await owned.kill()
        owned.release()
      })
    }
    const connection = await connectTraining(stage.source)
    const plan = new WorkloadPlan(new Random(3), stage.people.learners, EXAMS, 1)
    writers = new Writers([connection], plan, new ArrivalBook())
    cleanup.add(() => writers.close())
  })
  afterAll(() => cleanup.run())

  const isFiled = async (ref: string): Promise<boolean> =>
    (await stage.hr.query("select 1 from hr.training_record where source_ref = $1", [ref])).rowCount === 1
  const filed = async (): Promise<void> => {
    const ref = await writers.single()
    await until(`${ref} in the profile`, () => isFiled(ref))
  }
  const epoch = async (): Promise<number> =>
    Number((await stage.hr.query("select epoch from gradewire.apply_offset")).rows[0].epoch)

  it("hand over after SIGKILL, and a frozen one that wakes up stands by (G6)", { retry: 0 }, async () => {
    await first.start()
    await filed()
    await second.start()
    await until("the second stands by", async () => (await second.said("standing by")) === 1)
    await filed()
    expect(await second.said("capture begins")).toBe(0)

    const before = await epoch()
    const ref = await writers.single()
    const killedAt = performance.now()
    await first.process.kill()
    await until("handed over", async () => (await isFiled(ref)) && (await second.said("apply begins")) === 1)
    await filed()
    process.stderr.write(`handed over in ${Math.round(performance.now() - killedAt)} ms\n`)
    expect(await epoch()).toBe(before + 1)

    await first.start()
    await until("the first stands by", async () => (await first.said("standing by")) === 2)
    const takenOver = await epoch()
    second.process.pause()
    await filed()
    expect(await epoch()).toBe(takenOver + 1)
    second.process.resume()
    const fellBack = "another process took over; standing by"
    await until("the one that woke up stands by", async () => (await second.said(fellBack)) === 1)
    for (let round = 0; round < 5; round++) await filed()
    expect(await epoch()).toBe(takenOver + 1)
    expect(await second.said("apply begins")).toBe(1)

    for (const { process: owned } of [second, first]) {
      await owned.end("SIGTERM", LIMIT_MS)
      expect(owned.outcome).toBe("ended with exit code 0")
    }
    const { differences } = compareDatabases(await readDatabases(stage.training, stage.hr))
    expect(differences).toEqual([])
  })
})
