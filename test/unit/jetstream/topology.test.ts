import {
  DiscardPolicy,
  PersistMode,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from "@nats-io/jetstream"
import { describe, expect, it } from "vitest"
import { jetStreamOptions } from "../../../connectors/jetstream/options.ts"
import { addCommand, driftOf, isServerRecent, streamConfig } from "../../../connectors/jetstream/topology.ts"

const options = jetStreamOptions({
  connector: "scores-hr",
  changeLog: { servers: ["nats://127.0.0.1:4222"], maxBytes: 1_000_000, maxAgeHours: 48, replicas: 3 }
})
const stored = (change: Partial<StreamConfig> = {}): StreamConfig =>
  ({ ...streamConfig(options), max_msgs_per_subject: -1, sealed: false, ...change }) as StreamConfig

/** A setting somebody changed => the setting named, and a part of the command that mends it. */
const losing: ReadonlyArray<readonly [Partial<StreamConfig>, string, string]> = [
  [{ subjects: ["gradewire.>"] }, "subjects", "--subjects 'gradewire.scores-hr.>'"],
  [{ subjects: ["gradewire.scores-hr.>", "other"] }, "subjects", "--subjects 'gradewire.scores-hr.>'"],
  [{ storage: StorageType.Memory }, "storage", "nats stream rm GRADEWIRE_SCORES_HR"],
  [{ discard: DiscardPolicy.Old }, "discard", "--discard new"],
  [{ retention: RetentionPolicy.Workqueue }, "retention", "nats stream rm"],
  [{ retention: RetentionPolicy.Interest }, "retention", "nats stream rm"],
  [{ max_msgs_per_subject: 1000 }, "max_msgs_per_subject", "--max-msgs-per-subject -1"],
  [{ max_age: 3_600_000_000_000 }, "max_age", "--max-age 48h"],
  [{ no_ack: true }, "no_ack", "--ack"],
  [{ sealed: true }, "sealed", "nats stream rm"],
  [{ persist_mode: PersistMode.Async }, "persist_mode", "nats stream rm"],
  [{ sources: [{ name: "OTHER" }] }, "sources", "nats stream rm"]
]

describe("the stream's settings", () => {
  it("are such that nothing stored is dropped to make room (G1)", () => {
    expect(streamConfig(options)).toMatchObject({
      name: "GRADEWIRE_SCORES_HR",
      subjects: ["gradewire.scores-hr.>"],
      storage: "file",
      retention: "limits",
      discard: "new",
      num_replicas: 3,
      max_bytes: 1_000_000,
      max_age: 48 * 3600 * 1e9
    })
    expect(driftOf(stored(), options)).toEqual([])
  })

  it.each(losing)(
    "would lose messages with %o, and %s is named with its remedy (G1)",
    (change, setting, fix) => {
      const drift = driftOf(stored(change), options)
      expect(drift.map((one) => one.setting)).toEqual([setting])
      expect(drift[0]?.fix).toContain(fix)
    }
  )

  it("are all named at once (G3)", () => {
    const change = { discard: DiscardPolicy.Old, storage: StorageType.Memory, max_msgs_per_subject: 5 }
    expect(driftOf(stored(change), options)).toHaveLength(3)
  })

  it("may keep messages longer, hold fewer of them, and have other replicas (G1)", () => {
    const change = { max_age: 0, max_msgs: 10, max_bytes: 5, num_replicas: 1, allow_direct: false }
    expect(driftOf(stored(change), options)).toEqual([])
  })

  it("can be made by hand where gradewire may not (G3)", () => {
    const command = addCommand(options)
    expect(command).toContain("nats stream add GRADEWIRE_SCORES_HR --subjects 'gradewire.scores-hr.>'")
    expect(command).toContain("--discard new --replicas 3 --max-age 48h --max-bytes 1000000")
  })
})

describe("the server's version", () => {
  it.each([
    ["2.12.0", true],
    ["2.12.3", true],
    ["2.15.1", true],
    ["3.0.0", true],
    ["2.12.0-RC.1", true],
    ["2.11.9", false],
    ["2.9.10", false],
    ["1.99.99", false]
  ])("%s is recent enough: %s (G3)", (version, expected) => {
    expect(isServerRecent(version)).toBe(expected)
  })
})
