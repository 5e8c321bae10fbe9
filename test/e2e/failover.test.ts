/**
 * The whole product over a failover of the training database: the address of the source comes to mean the promoted replica
 * while the process runs, and back again while the change log is lost as well. The HR tables equal the new source.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { promisify } from "node:util"
import { setTimeout as pause } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import type { Connection } from "mysql2/promise"
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
import type { MoveView } from "../../src/cli/OffsetMoves.ts"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import {
  caughtUp,
  connectNode,
  promote,
  replicate,
  STANDBY_SETTINGS,
  type Node
} from "../support/replication.ts"

const LIMIT_MS = 90_000
const execute = promisify(execFile)

type MoveAnswer = Partial<MoveView> & {
  readonly error?: { readonly tag: string; readonly message: string; readonly fix: string }
}
const CASE_MS = 300_000

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = performance.now() + LIMIT_MS; !(await holds()); await pause(20)) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS} ms: ${what}`)
  }
}

/** An address that can come to mean another server, as a host name or a service does. */
class Address {
  port = 0
  target = 0
  readonly #sockets = new Set<Socket>()
  readonly #server: Server = createServer((client) => {
    const upstream = connect(this.target, "127.0.0.1")
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => {
        this.#sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })

  async open(target: number): Promise<void> {
    this.target = target
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done))
    const address = this.#server.address()
    this.port = typeof address === "object" && address !== null ? address.port : 0
  }

  means(target: number): void {
    this.target = target
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

describe.each(["mysql", "mariadb"] as const)("the whole way over a failover of %s", (kind) => {
  const cleanup = new Cleanup()
  const address = new Address()
  const plan = { current: undefined as WorkloadPlan | undefined }
  let stage: Stage
  let old: Node
  let standby: Node
  let folder: string
  let config: string
  let program: ProgramCopy
  let runs = 0

  const run = (): { readonly owned: OwnedProcess; readonly log: string } => {
    const log = join(folder, `run-${++runs}.log`)
    const owned = new OwnedProcess(folder)
    cleanup.add(async () => {
      await owned.kill()
      owned.release()
    })
    const command = program.command("run", "--config", config, "--http", "off", "--log-format", "json")
    owned.start(command, folder, log)
    return { owned, log }
  }
  const said = async (log: string, text: string): Promise<boolean> =>
    (await readFile(log, "utf8").catch(() => "")).includes(text)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gw-failover-"))
    cleanup.add(() => rm(folder, { recursive: true, force: true }))
    const screen = new Screen(new PassThrough() as unknown as NodeJS.WriteStream)
    const options = { source: kind, rate: 1, seconds: 5, kills: 0, keep: false, json: undefined } as const
    const settings = STANDBY_SETTINGS[kind]
    stage = await prepareStage({ ...options, seed: 7 }, screen, cleanup, settings)
    const server = await startServer(kind, { progress: () => {}, settings })
    cleanup.add(() => server.stop())
    old = await connectNode(stage.source)
    standby = await connectNode(server)
    cleanup.add(async () => [old, standby].forEach((node) => node.close()))
    await replicate(standby, old)
    await address.open(stage.source.port)
    cleanup.add(async () => address.close())
    config = join(stage.folder, "failover.yaml")
    const text = await readFile(stage.config, "utf8")
    const own = text.replace(`port: ${stage.source.port}`, `port: ${address.port}`)
    if (own === text) throw new Error("the configuration does not name the source's port")
    await writeFile(config, own)
    if (!existsSync(join(DIST, "gradewire.js"))) await buildProgram(DIST)
    program = await ProgramCopy.into(folder)
    plan.current = new WorkloadPlan(new Random(11), stage.people.learners, EXAMS, 1)
  }, CASE_MS)
  afterAll(() => cleanup.run())

  const writersOn = async (
    server: RunningServer
  ): Promise<{ readonly writers: Writers; readonly end: () => void }> => {
    const connection: Connection = await connectTraining(server)
    return {
      writers: new Writers([connection], plan.current!, new ArrivalBook()),
      end: () => connection.destroy()
    }
  }
  const isFiled = async (ref: string): Promise<boolean> =>
    (await stage.hr.query("select 1 from hr.training_record where source_ref = $1", [ref])).rowCount === 1
  const timeline = async (): Promise<number> =>
    Number(
      (await stage.hr.query("select anchor_timeline from gradewire.apply_offset")).rows[0].anchor_timeline
    )

  /** Writes at a rate, then one score that must arrive. */
  const write = async (server: RunningServer): Promise<string> => {
    const { end, writers } = await writersOn(server)
    await writers.run(40, 3, new AbortController().signal, "written")
    const ref = await writers.single()
    end()
    return ref
  }
  const expectEqual = async (node: Node): Promise<void> => {
    const training = await connectTraining(node.server)
    const { differences } = compareDatabases(await readDatabases(training, stage.hr))
    training.destroy()
    expect(differences).toEqual([])
  }

  it(
    "files everything of the promoted server, without a restart, and with the log lost as well (G1, G2, G5)",
    { timeout: CASE_MS, retry: 0 },
    async () => {
      const first = run()
      const before = await write(stage.source)
      await until(`${before} in the profile`, () => isFiled(before))
      // What is written last may come from either server.
      await write(stage.source)
      await caughtUp(standby, old)
      await promote(standby)
      address.means(standby.server.port)
      await stage.source.kill()
      const ref = await write(standby.server)
      await until(`${ref} in the profile`, () => isFiled(ref))
      expect(await said(first.log, '"why":"failover"')).toBe(true)
      expect(await timeline()).toBe(2)
      await first.owned.end("SIGTERM", LIMIT_MS)
      expect(first.owned.outcome).toBe("ended with exit code 0")
      await expectEqual(standby)

      // While nothing runs: the old server is repaired and takes over again, and the change log is purged.
      await stage.source.restart()
      old.close()
      old = await connectNode(stage.source)
      await replicate(old, standby)
      await write(standby.server)
      await caughtUp(old, standby)
      await promote(old)
      address.means(stage.source.port)
      const nats = await connectNats({ servers: stage.changeLog.url })
      const manager = await jetstreamManager(nats)
      for await (const { config: stream } of manager.streams.list()) await manager.streams.purge(stream.name)
      await nats.close()
      const second = run()
      const last = await write(stage.source)
      await until(`${last} in the profile`, () => isFiled(last))
      expect(await timeline()).toBe(3)
      await second.owned.end("SIGTERM", LIMIT_MS)
      await expectEqual(old)
    }
  )

  it(
    "is not sent back behind the failovers, and is sent back on this side of them: nothing lost or doubled (G1, G2)",
    { timeout: CASE_MS, retry: 0 },
    async () => {
      const offsets = async (...args: ReadonlyArray<string>): Promise<MoveAnswer> => {
        const command = program.command("offsets", ...args, "--config", config, "-o", "json")
        const { stderr, stdout } = await execute(command.file, [...command.args]).catch(
          (failed: { readonly stderr: string; readonly stdout: string }) => failed
        )
        // Standard output is the answer alone; what was met on the way stands before the error.
        return JSON.parse(stdout === "" ? stderr.slice(stderr.indexOf('{"error"')) : stdout) as MoveAnswer
      }
      const now = ["--execute", "--reason", "replay it"]
      const ledger = async () =>
        (
          await stage.hr.query<{ result_id: string; position: string }>(
            "select result_id, position from gradewire.result_ledger order by result_id"
          )
        ).rows
      const third = run()
      const kept = await write(stage.source)
      await until(`${kept} in the profile`, () => isFiled(kept))
      await stage.hr
        .query(`insert into gradewire.control (connector, role, paused, reason, changed_by, changed_at)
        select connector, role, true, 'the DBA looks', 'test', now() from gradewire.apply_offset, (values ('capture'), ('apply')) r (role)`)
      await third.owned.end("SIGTERM", LIMIT_MS)
      const before = await ledger()

      const refused = await offsets("reset", "--to-earliest", ...now)
      expect(refused.error).toMatchObject({
        tag: "PlaceNotFound",
        message: expect.stringContaining("before a failover") as string,
        fix: expect.stringContaining("gradewire snapshot start --table") as string
      })
      expect(await ledger()).toEqual(before)
      const back = await offsets("reset", "--shift-by=-3", ...now)
      expect(back).toMatchObject({
        direction: "rewind",
        executed: true,
        passage: { transactions: 3, notYetApplied: 0 }
      })
      await stage.hr.query("delete from gradewire.control")
      const fourth = run()
      const { end, writers } = await writersOn(stage.source)
      const last = await writers.single()
      end()
      await until(`${last} in the profile`, () => isFiled(last))
      await fourth.owned.end("SIGTERM", LIMIT_MS)
      await expectEqual(old)
      // What came again was without effect, to the place.
      expect((await ledger()).filter(({ result_id: id }) => !id.endsWith(last))).toEqual(before)
    }
  )
})
