import { describe, expect, it } from "vitest"
import { appendRefused, logErrorOf, refusalOf } from "../../../connectors/jetstream/classify-error.ts"
import { NatsTrouble } from "../../../connectors/jetstream/NatsTrouble.ts"
import { jetStreamOptions } from "../../../connectors/jetstream/options.ts"

const options = jetStreamOptions({
  connector: "scores",
  changeLog: { servers: ["nats://127.0.0.1:4222"] }
})
const append = { expectedSequence: 41, bytes: 300_000, bytesMax: 250_000, fill: "9 of 9 bytes, 3 messages" }
const refuse = (code: number, description = "what the server says") =>
  appendRefused(options, { code, description }, append)

/** err_code of server/errors.json => the error that capture sees, and whether it goes on by itself. */
const table: ReadonlyArray<readonly [code: number, tag: string, fate: string]> = [
  [10071, "LogMoved", "retry"],
  [10070, "LogMoved", "retry"],
  [10164, "LogMoved", "retry"],
  [10158, "LogMoved", "retry"],
  [10077, "LogFull", "retry"],
  [10002, "LogFull", "retry"],
  [10023, "LogFull", "retry"],
  [10028, "LogFull", "retry"],
  [10047, "LogFull", "retry"],
  [10054, "MessageTooLarge", "halt"],
  [10097, "MessageTooLarge", "halt"],
  [10060, "LogMisconfigured", "halt"],
  [10109, "LogMisconfigured", "halt"],
  [10059, "LogMisconfigured", "halt"],
  [10058, "LogMisconfigured", "halt"],
  [10065, "LogMisconfigured", "halt"],
  [10039, "LogMisconfigured", "halt"],
  [10076, "LogMisconfigured", "halt"],
  [10074, "LogMisconfigured", "halt"],
  [10027, "LogMisconfigured", "halt"],
  [10052, "LogMisconfigured", "halt"],
  [10113, "LogMisconfigured", "halt"],
  [10122, "LogMisconfigured", "halt"],
  [10008, "LogUnavailable", "retry"],
  [10009, "LogUnavailable", "retry"],
  [10118, "LogUnavailable", "retry"],
  [10167, "LogUnavailable", "retry"]
]

describe("what a refusal means", () => {
  it.each(table)("err_code %i is %s, which makes capture %s (G3)", (code, tag, fate) => {
    const error = refuse(code)
    expect(error).toMatchObject({ _tag: tag, fate })
    expect(error.message).toContain(`(${code})`)
    expect(error.remedy).not.toBe("")
  })

  it("takes a code nobody knows for an outage: reading the log's end again is right after any refusal (G1)", () => {
    expect(refusalOf(19_999)).toBe("unavailable")
    expect(refusalOf(0)).toBe("unavailable")
  })

  it("says what was expected and how large the message was (G3)", () => {
    expect(refuse(10071)).toMatchObject({ expectedSequence: 41 })
    expect(refuse(10054)).toMatchObject({ bytes: 300_000, bytesMax: 250_000 })
  })

  it("gives every misconfiguration a remedy of its own words (G3)", () => {
    expect(refuse(10039).remedy).toContain("jetstream {")
    expect(refuse(10059).remedy).toContain("nats stream add GRADEWIRE_SCORES")
    expect(refuse(10065).remedy).toContain("nats stream find --subject gradewire.scores.segment")
    expect(refuse(10074).remedy).toContain("changeLog.replicas")
    expect(refuse(10113).remedy).toContain("changeLog.maxBytes")
  })

  it("takes an outage, silence and a refused password for something that may pass (G3)", () => {
    for (const kind of ["down", "silent", "denied"] as const) {
      const error = logErrorOf(options, new NatsTrouble({ kind, message: kind, code: 0 }))
      expect(error).toMatchObject({ _tag: "LogUnavailable", fate: "retry" })
    }
    const missing = new NatsTrouble({ kind: "refused", message: "stream not found", code: 10059 })
    expect(logErrorOf(options, missing)._tag).toBe("LogUnavailable")
    expect(logErrorOf({ ...options, manage: "verify" }, missing)._tag).toBe("LogMisconfigured")
    const full = new NatsTrouble({ kind: "refused", message: "no storage", code: 10047 })
    expect(logErrorOf(options, full)._tag).toBe("LogFull")
  })
})
