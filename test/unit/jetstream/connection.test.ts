import { JetStreamApiError } from "@nats-io/jetstream"
import { AuthorizationError, NoRespondersError, RequestError, TimeoutError } from "@nats-io/transport-node"
import { Redacted } from "effect"
import { describe, expect, it } from "vitest"
import { driverOptions, identityCheck } from "../../../connectors/jetstream/driver-options.ts"
import { troubleOf } from "../../../connectors/jetstream/NatsTrouble.ts"
import { jetStreamOptions, progressSubject } from "../../../connectors/jetstream/options.ts"
import { redialPause } from "../../../connectors/jetstream/redial-pause.ts"
import { decodeAnswer, encodeAnswer } from "../../../connectors/jetstream/progress-answer.ts"
import { placeOf } from "../../../connectors/jetstream/PullSubscription.ts"

const config = (changeLog: object = {}) =>
  ({ connector: "scores-hr", changeLog: { servers: ["nats://127.0.0.1:4222"], ...changeLog } }) as const

describe("options", () => {
  it("have defaults for everything but the servers (G3)", () => {
    expect(jetStreamOptions(config())).toMatchObject({
      stream: "GRADEWIRE_SCORES_HR",
      manage: "create",
      replicas: 1,
      maxBytes: undefined,
      maxAgeHours: 168,
      segmentBytes: 262_144
    })
  })

  it("keep questions out of the stream's subjects (G5)", () => {
    expect(progressSubject("scores-hr").startsWith("gradewire.")).toBe(false)
  })

  it("never let the driver give up (G1)", () => {
    const options = driverOptions(jetStreamOptions(config()))
    expect(options).toMatchObject({ reconnect: true, maxReconnectAttempts: -1, ignoreAuthErrorAbort: true })
    expect(options.tls).toBeUndefined()
  })

  it("let a server be dialled at once, and then every 250 to 350 ms (G8)", () => {
    let now = 5
    const pause = redialPause(() => now)
    expect(pause()).toBeLessThan(-1e12)
    for (let round = 0; round < 50; round++) {
      const left = pause()
      expect(left).toBeGreaterThanOrEqual(250)
      expect(left).toBeLessThan(350)
      now += left / 2
      expect(pause()).toBeCloseTo(left / 2)
      now += left / 2 + 0.001
      expect(pause()).toBeLessThan(-1e12)
    }
  })

  it("hand secrets to the driver alone (G9)", () => {
    const options = jetStreamOptions(config({ user: "gradewire" }), { password: Redacted.make("s3cret") })
    expect(JSON.stringify(options)).not.toContain("s3cret")
    expect(driverOptions(options)).toMatchObject({ user: "gradewire", pass: "s3cret" })
  })

  it.each([
    ["disable", null],
    ["require", { rejectUnauthorized: false }],
    ["verify-identity", { caFile: "/ca.pem", checkServerIdentity: expect.any(Function) }]
  ])("say TLS mode %s in the driver's words (G9)", (mode, expected) => {
    const tls = mode === "verify-identity" ? { mode, caFile: "/ca.pem" } : { mode }
    expect(driverOptions(jetStreamOptions(config({ tls }))).tls).toEqual(expected)
  })
})

describe("the name in a server's certificate", () => {
  const certificate = (subjectaltname: string) =>
    ({ subject: { CN: "" }, subjectaltname }) as Parameters<ReturnType<typeof identityCheck>>[1]
  const byAddress = identityCheck(["nats://127.0.0.1:4222", "tls://[::1]:4222", "10.0.0.9"])

  it.each([
    ["IP Address:127.0.0.1", true],
    ["IP Address:0:0:0:0:0:0:0:1", true],
    ["IP Address:10.0.0.9", true],
    ["IP Address:10.0.0.8", false],
    ["DNS:other.example", false]
  ])("is compared with the addresses configured, where those are all we know: %s %s (G9)", (name, isGood) => {
    expect(byAddress("localhost", certificate(name)) === undefined).toBe(isGood)
  })

  it("is compared with the host's name, where there is one (G9)", () => {
    const byName = identityCheck(["nats://nats.example:4222", "nats://127.0.0.1"])
    expect(byName("nats.example", certificate("DNS:nats.example"))).toBeUndefined()
    expect(byName("nats.example", certificate("IP Address:127.0.0.1"))).toBeInstanceOf(Error)
    const byLocalhost = identityCheck(["nats://localhost:4222", "nats://127.0.0.1"])
    expect(byLocalhost("localhost", certificate("IP Address:127.0.0.1"))).toBeInstanceOf(Error)
  })
})

describe("trouble with NATS", () => {
  const wrapped = (cause: Error) => new RequestError(cause.message, { cause })
  it.each([
    [new TimeoutError(), "silent"],
    [wrapped(new NoRespondersError("$JS.API.INFO")), "silent"],
    [new AuthorizationError("Authorization Violation"), "denied"],
    [new Error("connect ECONNREFUSED"), "down"],
    [new JetStreamApiError({ code: 404, err_code: 10059, description: "stream not found" }), "refused"]
  ])("is named by what is behind it: %s is %s (G3)", (error, kind) => {
    expect(troubleOf("asking", error)).toMatchObject({ kind, code: kind === "refused" ? 10059 : 0 })
    expect(troubleOf("asking", error).message).toMatch(/^asking: /)
  })
})

describe("the place of a message", () => {
  it.each([
    ["$JS.ACK.STREAM.consumer.1.42.7.1700000000000000000.3", 42, 7],
    ["$JS.ACK.domain.acc.STREAM.consumer.1.42.7.1700000000000000000.3.rnd", 42, 7],
    ["$JS.ACK._.acc.STREAM.consumer.1.42.7.1700000000000000000.3", 42, 7]
  ])("is read from %s (G1)", (reply, streamSequence, consumerSequence) => {
    expect(placeOf(reply)).toEqual({ streamSequence, consumerSequence })
  })

  it.each(["", "_INBOX.abc.1", "$JS.ACK.S.c.1.2", "$JS.ACK.S.c.1.x.7.1.3"])("is none in %j (G1)", (reply) => {
    expect(placeOf(reply)).toBeUndefined()
  })
})

describe("the answer where apply stands", () => {
  const offset = {
    position: "0001-0000000001-00000000000157-0000000016777216",
    generation: 0,
    streamSequence: 9,
    anchor: { file: "binlog.000001", position: 157, gtid: null, server: "mysql:a", timeline: 1 },
    committedAt: null
  }

  it("comes back as it was given, or as none (G4)", () => {
    expect(decodeAnswer(encodeAnswer(offset)!)).toEqual({ offset })
    expect(encodeAnswer(undefined)).toBe("null")
    expect(decodeAnswer("null")).toEqual({ offset: undefined })
  })

  it("is not given where the offset is damaged, and not taken where the text is (G4)", () => {
    expect(encodeAnswer({ ...offset, position: "somewhere" })).toBeUndefined()
    for (const text of [
      "",
      "{}",
      "undefined",
      '{"position":"x"}',
      JSON.stringify({ ...offset, generation: "1" })
    ]) {
      expect({ text, answer: decodeAnswer(text) }).toEqual({ text, answer: undefined })
    }
  })
})
