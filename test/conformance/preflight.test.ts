/** What the preflight finds at real NATS servers, good ones and bad ones. */
import { DiscardPolicy } from "@nats-io/jetstream"
import { Effect, Redacted } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { JetStreamOptions } from "../../connectors/jetstream/options.ts"
import { checkChangeLog } from "../../connectors/jetstream/preflight.ts"
import { streamConfig } from "../../connectors/jetstream/topology.ts"
import type { Finding } from "../../schemas/finding.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import { NatsServer, natsLogPorts } from "./nats-log-world.ts"

let nats: NatsServer
/** Whoever names no user there has no JetStream. */
let strict: NatsServer
beforeAll(async () => {
  const accounts = [
    "accounts {",
    "  APP: { jetstream: enabled, users: [{ user: gradewire, password: right }] }",
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

  it("names the account without JetStream to capture as well (G3)", async () => {
    const world = await strict.open()
    const error = await Effect.runPromise(Effect.flip(tail(world.options)))
    expect(error).toMatchObject({ _tag: "LogMisconfigured", fate: "halt" })
    expect(error.remedy).toContain("JetStream")
  })
})
