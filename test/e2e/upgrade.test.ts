/**
 * The program before this one and this one take turns on the same database, stream and offset, as an upgrade, a rollback
 * and the next upgrade do. The earlier program is built from the commit that deploy/previous-release.txt names.
 */
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
import { EXAMS } from "../../deploy/demo/people.ts"
import { WorkloadPlan } from "../../deploy/demo/plan-workload.ts"
import { prepareStage, type Stage } from "../../deploy/demo/prepare-stage.ts"
import { Random } from "../../deploy/demo/Random.ts"
import { readDatabases } from "../../deploy/demo/read-databases.ts"
import { Screen } from "../../deploy/demo/Screen.ts"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import { Writers } from "../../deploy/demo/Writers.ts"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"
import { buildEarlier } from "../support/build-earlier.ts"
import { DbaWorld, mysql } from "./DbaWorld.ts"

const LIMIT_MS = 60_000

describe("an upgrade and a rollback, with the HR database on PostgreSQL", () => {
  const cleanup = new Cleanup()
  let stage: Stage
  let writers: Writers
  let folder = ""
  let earlier = ""
  let today = ""

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-upgrade-"))
    cleanup.add(() => rm(folder, { recursive: true, force: true }))
    const screen = new Screen(new PassThrough() as unknown as NodeJS.WriteStream)
    const options = { source: "mysql", rate: 1, seconds: 5, kills: 0, keep: false, json: undefined } as const
    stage = await prepareStage({ ...options, seed: 8 }, screen, cleanup)
    earlier = await buildEarlier(join(folder, "earlier"))
    await buildProgram(join(folder, "today"))
    today = join(folder, "today/gradewire.js")
    const connections = await Promise.all([1, 2].map(() => connectTraining(stage.source)))
    const plan = new WorkloadPlan(new Random(4), stage.people.learners, EXAMS, connections.length)
    writers = new Writers(connections, plan, new ArrivalBook())
    cleanup.add(() => writers.close())
  }, 240_000)
  afterAll(() => cleanup.run())

  const isFiled = async (ref: string): Promise<boolean> =>
    (await stage.hr.query("select 1 from hr.training_record where source_ref = $1", [ref])).rowCount === 1

  /** One life of a program: what was written while nobody ran, a busy second, a last score; then SIGTERM. */
  const life = async (program: string, name: string): Promise<string> => {
    const place = join(folder, name)
    await mkdir(place)
    const owned = new OwnedProcess(place)
    const logFile = join(folder, `${name}.log`)
    const environment = { NODE_COMPILE_CACHE: join(place, "cache"), GRADEWIRE_HTTP: "off" }
    const args = [program, "run", "--config", stage.config, "--log-format", "json"]
    try {
      await writers.run(50, 0.5, new AbortController().signal, "written")
      owned.start({ file: process.execPath, args, environment }, place, logFile)
      await writers.run(50, 1, new AbortController().signal, "written")
      const ref = await writers.single()
      for (const deadline = performance.now() + LIMIT_MS; !(await isFiled(ref)); await pause(20)) {
        if (owned.pid === undefined || performance.now() > deadline) {
          const tail = (await readFile(logFile, "utf8")).split("\n").slice(-4).join("\n")
          throw new Error(`${name} did not file its last score (${owned.outcome}):\n${tail}`)
        }
      }
      await owned.end("SIGTERM", LIMIT_MS)
      return owned.outcome
    } finally {
      await owned.kill()
      owned.release()
    }
  }

  it("lose, double and misfile nothing, whichever program comes first (G1, G2)", { retry: 0 }, async () => {
    const order = [earlier, today, earlier, today]
    for (const [place, program] of order.entries()) {
      const name = `${place + 1}-${program === today ? "today" : "earlier"}`
      expect(await life(program, name)).toBe("ended with exit code 0")
    }
    const { differences } = compareDatabases(await readDatabases(stage.training, stage.hr))
    expect(differences).toEqual([])
  })
})

describe("an upgrade and a rollback, with the HR database on MySQL", () => {
  let world: DbaWorld
  let earlier = ""

  beforeAll(async () => {
    world = await DbaWorld.open("mysql", mysql)
    earlier = await buildEarlier(join(world.program.folder, "earlier"))
  }, 240_000)
  afterAll(() => world?.close())

  it("lose, double and misfile nothing, whichever program comes first (G1, G2)", { retry: 0 }, async () => {
    const today = join(world.program.folder, "dist/gradewire.js")
    const args = ["run", "--config", world.config]
    for (const [life, program] of [earlier, today, earlier, today].entries()) {
      // While nobody runs, a correction of what the other program filed, and while this one runs.
      await world.exam(life * 10, "50.00")
      await world.lms.query("update lms.score set points = points + 1")
      world.running = world.program.startOf(program, ...args, ...(program === today ? ["--http", "off"] : []))
      await world.exam(life * 10 + 1, "60.00")
      await world.until(world.filed(life * 10))
      await world.lms.query("delete from lms.score where id = ?", [life * 10])
      await world.exam(life * 10 + 2, "70.00")
      await world.until(world.filed(life * 10 + 2))
      expect(await world.program.stop(world.running)).toBe(0)
    }
    const rows = (await world.contents()).rows.map(({ points, ref }) => ({ ref, points: String(points) }))
    const [source] = await world.lms.query(
      "select concat('lms.score:', id) as ref, points from lms.score order by ref"
    )
    expect(rows).toEqual(source)
    expect(rows.length).toBe(8)
  })
})
