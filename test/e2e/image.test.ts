/**
 * The image's root file system, put together as the Dockerfile says, runs the demo's pipeline against real servers: not
 * as root, on a read-only root, without npm. SIGTERM falls while people take exams.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import packageJson from "../../package.json" with { type: "json" }
import { ArrivalBook } from "../../deploy/demo/ArrivalBook.ts"
import { Cleanup } from "../../deploy/demo/Cleanup.ts"
import { compareDatabases } from "../../deploy/demo/compare-databases.ts"
import { Gradewire } from "../../deploy/demo/Gradewire.ts"
import { addEmployees, watchProfile } from "../../deploy/demo/hr-database.ts"
import { LiveRun } from "../../deploy/demo/LiveRun.ts"
import type { DemoOptions } from "../../deploy/demo/options.ts"
import { EXAMS } from "../../deploy/demo/people.ts"
import { WorkloadPlan } from "../../deploy/demo/plan-workload.ts"
import { prepareStage, type Stage } from "../../deploy/demo/prepare-stage.ts"
import { Random } from "../../deploy/demo/Random.ts"
import { readDatabases } from "../../deploy/demo/read-databases.ts"
import { Screen } from "../../deploy/demo/Screen.ts"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import { Writers } from "../../deploy/demo/Writers.ts"
import { assembleImage, type Image } from "../../deploy/image/assemble.ts"
import { ContainedImage } from "../../deploy/image/ContainedImage.ts"

const OPTIONS: DemoOptions = {
  source: "mysql",
  rate: 100,
  seconds: 8,
  kills: 0,
  keep: false,
  json: undefined,
  seed: 2611
}
const DRAIN_MS = 60_000

describe("the image", () => {
  const cleanup = new Cleanup()
  const screen = new Screen(new PassThrough() as unknown as NodeJS.WriteStream)
  let folder = ""
  let image: Image
  let stage: Stage
  let contained: ContainedImage

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-image-"))
    cleanup.add(() => rm(folder, { recursive: true, force: true }))
    ;[image, stage] = await Promise.all([
      assembleImage(join(folder, "root")),
      prepareStage(OPTIONS, screen, cleanup)
    ])
    contained = await ContainedImage.with(image, stage.folder, join(folder, "config"))
  })
  afterAll(() => cleanup.run())

  it("answers --version from its entry point, as the user that the Dockerfile names, and writes nowhere (G6)", async () => {
    expect((await contained.run("--version")).trim()).toBe(`gradewire ${packageJson.version}`)
    const look = `
      const tried = ["/opt/gradewire/x", "/etc/gradewire/x", "/x"].map((file) => {
        try { fs.writeFileSync(file, ""); return "written" } catch (error) { return error.code }
      })
      console.log(JSON.stringify({ uid: process.getuid(), tried }))`
    const said = await contained.runProgram("/usr/local/bin/node", "-e", look)
    expect(JSON.parse(said)).toEqual({ uid: 65532, tried: ["EROFS", "EROFS", "EROFS"] })
  })

  it("holds Node, the program with its migrations and licences, and no package of its own (G9)", async () => {
    const files = await readdir(image.root, { recursive: true })
    expect(files.filter((file) => /node_modules|\/npm$|\.npmrc|\/sh$/.test(file))).toEqual([])
    expect(files).toContain("opt/gradewire/LICENSE")
    expect(files).toContain("opt/gradewire/THIRD-PARTY-LICENSES.txt")
    expect(files).toContain("opt/gradewire/schemas/hr/migrations/postgresql/0000_tables.sql")
    expect(image.stage.labels["org.opencontainers.image.licenses"]).toBe("Apache-2.0")
  })

  it(
    "carries scores, and a SIGTERM under load ends it in order with nothing lost or doubled (G1, G2)",
    { retry: 0, timeout: 240_000 },
    async () => {
      const book = new ArrivalBook()
      const abort = new AbortController()
      const connections = await Promise.all([1, 2, 3, 4].map(() => connectTraining(stage.source)))
      const plan = new WorkloadPlan(new Random(7), stage.people.learners, EXAMS, connections.length)
      const writers = new Writers(connections, plan, book)
      cleanup.add(() => writers.close())
      const gradewire = new Gradewire(contained, stage.folder, stage.config)
      cleanup.add(() => gradewire.discard())
      const live = new LiveRun(stage, OPTIONS, gradewire, writers, book, screen, abort)
      const profile = await watchProfile(
        stage.hrUrl,
        (arrival) => live.arrived(arrival),
        (error) => abort.abort(error)
      )
      cleanup.add(profile.close)

      await live.begin()
      const ends: Array<string> = []
      const stop = async () => {
        const toldAt = performance.now()
        ends.push(await gradewire.stop())
        process.stderr.write(`ended ${Math.round(performance.now() - toldAt)} ms after SIGTERM\n`)
      }
      await live.takeExams({
        run: async () => {
          for (let round = 0; round < 2; round++) {
            // On a machine that is too busy for that, the exams may be over before.
            for (let seen = 0; seen < 20; seen++) await Promise.race([live.nextArrival(), pause(1000)])
            live.states.gradewire = "restarting"
            await stop()
            await gradewire.start()
            live.states.gradewire = "running"
          }
          await addEmployees(stage.hr, stage.people.late)
        }
      })
      const missing = await live.drain(DRAIN_MS)
      await stop()
      expect(missing).toBeUndefined()
      expect(ends).toEqual(Array.from({ length: 3 }, () => "ended with exit code 0"))
      expect(live.unexpectedExits).toBe(0)
      const { differences } = compareDatabases(await readDatabases(stage.training, stage.hr))
      expect(differences).toEqual([])
      expect(writers.paced).toBeGreaterThan(100)
      expect(await readFile(gradewire.logFile, "utf8")).toContain("told to stop; nothing is lost")
    }
  )
})
