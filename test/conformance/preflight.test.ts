/** What the preflight finds at real NATS servers, good ones and bad ones. */
import { DiscardPolicy } from "@nats-io/jetstream"
import { Effect, Redacted } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { JetStreamOptions } from "../../connectors/jetstream/options.ts"
import { checkChangeLog } from "../../connectors/jetstream/preflight.ts"
import { streamConfig } from "../../connectors/jetstream/topology.ts"
import type { Finding } from "../../schemas/finding.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import { bodies, storedBodies, writeSegments } from "./log-world.ts"
import { NatsServer, natsLogPorts } from "./nats-log-world.ts"

let nats: NatsServer
/** Whoever names no user there has no JetStream; `looker` may use streams and make none; `small` has room for one. */
let strict: NatsServer

/** What gradewire needs of a stream that others make; the connector's name is the test's. */
const RIGHTS = [
  "$JS.API.INFO",
  "$JS.API.STREAM.INFO.*",
  "$JS.API.STREAM.MSG.GET.*",
  "$JS.API.CONSUMER.CREATE.*.>",
  "$JS.API.CONSUMER.MSG.NEXT.*.*",
  "$JS.API.CONSUMER.DELETE.*.*",
  "gradewire.>",
  "gradewire-ask.>",
  "_INBOX.>"
]
beforeAll(async () => {
  const accounts = [
    "accounts {",
    "  APP: { jetstream: enabled, users: [",
    "    { user: gradewire, password: right },",
    `    { user: looker, password: right, permissions: { publish: [${RIGHTS.map((one) => `"${one}"`).join(", ")}] } }`,
    "  ] }",
    "  SMALL: { jetstream: { max_streams: 1, max_file: 1M }, users: [{ user: small, password: right }] }",
    "  NONE: { users: [{ user: nobody, password: nothing }] }",
    "}",
    "no_auth_user: nobody"
  ].join("\n")
  ;[nats, strict] = await Promise.all([
    NatsServer.start(),
    NatsServer.start([accounts, "max_payload: 200000"])
  ])
})
afterAll(() => Promise.all([nats.stop(), strict.stop()]))

const tail = (options: JetStreamOptions) =>
  Effect.flatMap(ChangeLog, (log) => log.tail).pipe(Effect.provide(natsLogPorts(options)))
const checked = (options: JetStreamOptions) => Effect.runPromise(checkChangeLog(options))
const found = (findings: ReadonlyArray<Finding>, severity: Finding["severity"]) =>
  findings.filter((finding) => finding.severity === severity).map(({ check }) => check)

describe("the check before the start", () => {
  it("finds nothing wrong with a fresh server, and says what cannot be seen (G3)", async () => {
    const { options } = await nats.open()
    const findings = await checked(options)
    expect(found(findings, "error")).toEqual([])
    expect(found(findings, "warning")).toEqual(["nats sync_interval"])
    expect(found(findings, "ok")).toContain("stream")
  })

  it("names every setting that would lose messages, with its command (G3)", async () => {
    const { options } = await nats.open()
    const losing = { ...streamConfig(options), discard: DiscardPolicy.Old, max_msgs_per_subject: 9 }
    await nats.administer((jetstream) => jetstream.streams.add(losing))
    const findings = await checked(options)
    expect(found(findings, "error")).toEqual(["stream discard", "stream max_msgs_per_subject"])
    for (const { fix, severity } of findings)
      if (severity === "error") expect(fix).toContain("nats stream edit")
  })

  it("says how to reach a server that does not answer (G3)", async () => {
    const { options } = await nats.open({ servers: ["nats://127.0.0.1:9"] })
    const findings = await checked(options)
    expect(found(findings, "error")).toEqual(["nats connection"])
    expect(findings[0]?.fix).toContain("nats://127.0.0.1:9")
  })

  it("tells an account without JetStream, a small max_payload and a wrong password apart (G3)", async () => {
    const { options } = await strict.open()
    const without = await checked(options)
    expect(found(without, "error")).toEqual(["nats max_payload", "jetstream enabled"])
    const wrong = await checked({ ...options, user: "gradewire", password: Redacted.make("wrong") })
    expect(found(wrong, "error")).toEqual(["nats connection"])
    expect(JSON.stringify(wrong)).not.toContain('"wrong"')
    const right = { ...options, user: "gradewire", password: Redacted.make("right"), segmentBytes: 65_536 }
    expect(found(await checked(right), "error")).toEqual([])
    expect(await Effect.runPromise(tail(right))).toMatchObject({ lastSequence: 0 })
  })

  it("says what a power cut would cost, and where that can be seen (G3)", async () => {
    const { options } = await nats.open()
    const durability = (replicas: number) =>
      checked({ ...options, replicas }).then((all) => all.find(({ check }) => check === "nats sync_interval"))
    const alone = await durability(1)
    expect(alone?.fix).toContain("A power cut")
    expect(alone?.fix).toContain("publishes it again from the binlog")
    expect(alone?.fix).toContain(":8222/jsz")
    expect((await durability(3))?.fix).toContain("failure domains")
  })

  it("names a stream that cuts transactions or segments apart, without refusing it (G3)", async () => {
    const { options } = await nats.open()
    await nats.administer((jetstream) =>
      jetstream.streams.add({ ...streamConfig(options), allow_atomic: false, max_msg_size: 100_000 })
    )
    const findings = await checked(options)
    expect(found(findings, "error")).toEqual([])
    expect(found(findings, "warning")).toEqual([
      "stream allow_atomic",
      "stream max_msg_size",
      "nats sync_interval"
    ])
  })

  it("looks at the account's limits before a stream is to be made (G3)", async () => {
    const { options } = await strict.open()
    const small = { ...options, user: "small", password: Redacted.make("right"), segmentBytes: 65_536 }
    expect(found(await checked({ ...small, maxBytes: 10_000_000 }), "warning")).toContain("jetstream storage")
    expect(await Effect.runPromise(tail({ ...small, maxBytes: 100_000 }))).toMatchObject({ lastSequence: 0 })
    const second = await checked({ ...small, stream: "SECOND", connector: "second" })
    expect(found(second, "error")).toEqual(["jetstream streams"])
  })

  it("needs no right to make or change a stream that is only verified (G3, G9)", async () => {
    const { options } = await strict.open()
    const looker = { ...options, user: "looker", password: Redacted.make("right"), segmentBytes: 65_536 }
    const verified = { ...looker, manage: "verify" as const }
    const maker = { ...options, user: "gradewire", password: Redacted.make("right") }
    // the rights are what they say: the same user may not make one
    const refused = await Effect.runPromise(Effect.flip(tail(looker)))
    expect(refused.message).toContain("STREAM.CREATE")
    expect(found(await checked(verified), "error")).toEqual(["stream"])
    expect(await Effect.runPromise(Effect.flip(tail(verified)))).toMatchObject({ _tag: "LogMisconfigured" })
    expect(await Effect.runPromise(tail(maker))).toMatchObject({ lastSequence: 0 })
    expect(found(await checked(verified), "error")).toEqual([])
    const used = Effect.gen(function* () {
      yield* (yield* ChangeLog).tail
      yield* writeSegments(options.connector, 1, 3, 1)
      return yield* storedBodies
    })
    const read = await Effect.runPromise(used.pipe(Effect.provide(natsLogPorts(verified)), Effect.scoped))
    expect(read).toEqual(bodies(1, 3))
  })

  it("names the account without JetStream to capture as well (G3)", async () => {
    const world = await strict.open()
    const error = await Effect.runPromise(Effect.flip(tail(world.options)))
    expect(error).toMatchObject({ _tag: "LogMisconfigured", fate: "halt" })
    expect(error.remedy).toContain("JetStream")
  })
})
