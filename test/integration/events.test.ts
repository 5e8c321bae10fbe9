/** `gradewire events` as shipped, against a real stream: readable, masked, and without a trace in the stream. */
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ordinalOf, positionIn, START, transactionPrefix } from "../../schemas/position.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import { NatsServer, type NatsLogWorld } from "../conformance/nats-log-world.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const PHONE = "13800138000"
const at = (n: number) => (n === 0 ? START : positionIn(transactionPrefix(1, 1, n), ordinalOf(1, 0, 0)))

let program: ShippedProgram
let config: string
let nats: NatsServer
let world: NatsLogWorld

beforeAll(async () => {
  program = await ShippedProgram.build()
  config = join(program.folder, "connector.yaml")
  nats = await NatsServer.start()
  world = await nats.open()
  await writeFile(
    config,
    `version: 1
connector: ${world.connector}
source: { host: 127.0.0.1, port: 9, user: gw, timeZone: "+08:00" }
changeLog: { servers: ["${nats.server.url}"] }
target: { kind: postgresql, host: 127.0.0.1, port: 9, database: hr, user: gradewire }
employees: { table: hr.employee, key: 工号, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.成绩
    as: score
    key: [id]
    fields: { phone: 手机号, raw: 分数 }
    target: { table: hr.exam_score, key: [ref], columns: { ref: resultId, no: employee, score: score.raw } }
`
  )
  await write(1)
  await write(2)
  await write(3)
})

afterAll(async () => {
  await nats?.stop()
  await program?.discard()
})

const eventOf = (n: number) => ({
  specversion: "1.0",
  id: `u:1#${n}`,
  source: `urn:gradewire:${world.connector}`,
  type: n === 2 ? "gradewire.score.corrected.v1" : "gradewire.score.recorded.v1",
  subject: "lms.成绩",
  time: `2026-11-22T08:00:0${n}Z`,
  datacontenttype: "application/json",
  sequence: at(n),
  data: {
    resultId: "lms.成绩:4711",
    origin: "binlog",
    learner: { phone: PHONE },
    score: { raw: `8${n}.50` },
    ...(n === 2 ? { previous: { learner: { phone: PHONE }, score: { raw: "81.50" } } } : {})
  }
})

const write = (n: number) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const log = yield* ChangeLog
        const { lastSequence } = yield* log.tail
        const appender = yield* log.appender(lastSequence)
        const anchor = { file: "binlog.000001", position: 4, gtid: null, server: "mysql:a", timeline: 1 }
        yield* appender.append({
          head: {
            version: 1,
            kind: "segment",
            connector: world.connector,
            generation: 1,
            epoch: 1,
            previous: at(n - 1),
            first: at(n),
            last: at(n),
            count: 1,
            types: [eventOf(n).type],
            anchor,
            committedAt: eventOf(n).time
          },
          body: new TextEncoder().encode(JSON.stringify([eventOf(n)]))
        })
        yield* appender.flush
      })
    ).pipe(Effect.provide(world.ports))
  )

const events = (...args: ReadonlyArray<string>) => program.run("events", ...args, "--config", config)

describe("gradewire events", () => {
  it("tail shows what changed of which result, and no personal value (G9)", async () => {
    const { code, out } = await events("tail", "-n", "2")
    expect(code).toBe(0)
    const [titles, second, third, ...rest] = out.trimEnd().split("\n")
    expect(titles).toMatch(/^ +SEQ  POSITION +COMMITTED_AT +TYPE +KEY +CHANGED$/)
    expect(second).toContain(`${at(2)}  2026-11-22T08:00:02Z`)
    expect(second).toMatch(/score\.corrected +lms\.成绩:4711 +score\.raw$/)
    expect(third).toMatch(/score\.recorded +lms\.成绩:4711 +-$/)
    expect(rest).toEqual([])
    expect(out).not.toMatch(/138|8\d\.50/)
  })

  it("show prints one event masked, and whole with --reveal (G9)", async () => {
    const masked = await events("show", at(2))
    expect(masked.out).toContain('"raw": "•••"')
    expect(masked.out).not.toMatch(/138001|8\d\.50/)
    const revealed = await events("show", at(2), "--reveal", "-o", "json")
    expect(JSON.parse(revealed.out)).toMatchObject({ position: at(2), event: eventOf(2) })
  })

  it("a position that the log does not hold is an error with its remedy (G3)", async () => {
    const { code, err, out } = await events("show", at(9))
    expect({ code, out }).toEqual({ code: 1, out: "" })
    expect(err).toContain("EventUnknown")
    expect(err).toContain("gradewire events tail")
  })

  it("tail --follow goes on with what comes, and leaves no consumer behind (G8)", async () => {
    const child = program.start("events", "tail", "-n", "1", "--follow", "-o", "json", "--config", config)
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const next = async () => (JSON.parse(String((await lines.next()).value)) as { position: string }).position
    expect(await next()).toBe(at(3))
    await write(4)
    expect(await next()).toBe(at(4))
    child.kill("SIGINT")
    await once(child, "exit")
    const consumers = await nats.administer(async (jetstream) => {
      const found: Array<string> = []
      for await (const one of jetstream.consumers.list(world.options.stream)) found.push(one.name)
      return found
    })
    expect(consumers).toEqual([])
  })
})
