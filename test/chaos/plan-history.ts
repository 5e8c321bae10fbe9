/** What a seed says: how gradewire is deployed, how busy people are, what happens to it. Pure; same seed, same plan. */
import { Random } from "../../deploy/demo/Random.ts"
import { type FaultKind, FAULT_KINDS, NEEDS_OLD_BINLOG } from "./FaultKind.ts"
import { PROFILE_KINDS, type ProfileKind, TARGET_KINDS, type TargetKind } from "./HrDatabase.ts"
import { SOURCE_KINDS, type SourceKind } from "./ServerPool.ts"

export interface PlannedFault {
  readonly kind: FaultKind
  /** after the one before it in the same place, or after the beginning */
  readonly afterMs: number
  /** of this fault's own choices */
  readonly seed: number
}

export interface HistoryPlan {
  readonly seed: number
  readonly source: SourceKind
  readonly target: TargetKind
  readonly profile: ProfileKind
  /** `split`: a capture process and an apply process; `one`: both roles in one */
  readonly topology: "split" | "one"
  readonly start: "snapshot" | "earliest"
  /** score changes per second */
  readonly rate: number
  readonly segmentEvents: number
  /** bytes of the largest message that the stream takes; undefined: the server's limit */
  readonly messageBytes: number | undefined
  readonly batchEvents: number
  /** into which apply is divided, all in one process */
  readonly lanes: number
  readonly snapshotRows: number
  /** rows of a huge transaction */
  readonly hugeRows: number
  /** employees whom HR enters while faults happen; the others come at the end or never */
  readonly hires: boolean
  readonly faults: ReadonlyArray<PlannedFault>
}

const FAULTS_MAX = 4

/** Less than a full segment has. */
const MESSAGE_BYTES = 65_536

/** Faults that take long are asked for by name. */
const DRAWN = FAULT_KINDS.filter((kind) => kind !== "huge-transaction")

const canJoin = (kind: FaultKind, others: ReadonlyArray<FaultKind>): boolean => {
  if (others.includes(kind)) return false
  if (kind === "binlog-purged") return !others.some((other) => NEEDS_OLD_BINLOG.has(other))
  return !(NEEDS_OLD_BINLOG.has(kind) && others.includes("binlog-purged"))
}

/** What is asked for whatever the seed draws. */
export interface Wanted {
  readonly source?: SourceKind | undefined
  readonly target?: TargetKind | undefined
  readonly lanes?: number | undefined
  readonly profile?: ProfileKind | undefined
  /** these faults and no others */
  readonly faults?: ReadonlyArray<FaultKind>
}

/** Everything is drawn, wanted or not, so that a wish changes nothing else of the plan. */
export const planHistory = (seed: number, hugeRows: number, wanted: Wanted = {}): HistoryPlan => {
  const only = wanted.faults ?? []
  const servers = new Random(seed * 2_246_822_519 + 11)
  const source = servers.pick(SOURCE_KINDS)
  const target = servers.pick(TARGET_KINDS)
  const messageBytes = servers.pick([undefined, MESSAGE_BYTES])
  const lanes = servers.pick([1, 1, 3])
  const profile = servers.pick(PROFILE_KINDS)
  const random = new Random(seed * 2_654_435_761 + 97)
  const kinds: Array<FaultKind> = [...only]
  if (only.length === 0) {
    const count = random.whole(1, FAULTS_MAX)
    while (kinds.length < count) {
      const kind = random.pick(DRAWN)
      if (canJoin(kind, kinds)) kinds.push(kind)
    }
  }
  const isHuge = kinds.includes("huge-transaction")
  return {
    seed,
    source: wanted.source ?? source,
    target: wanted.target ?? target,
    profile: wanted.profile ?? profile,
    hugeRows,
    messageBytes,
    lanes: wanted.lanes ?? lanes,
    topology: random.chance(0.65) ? "split" : "one",
    start: random.chance(0.5) || kinds.includes("killed-at-copy") ? "snapshot" : "earliest",
    rate: random.pick([60, 150, 300]),
    segmentEvents: isHuge ? 500 : random.pick([1, 7, 500]),
    batchEvents: isHuge ? 1000 : random.pick([1, 20, 1000]),
    snapshotRows: random.pick([25, 300, 2000]),
    hires: random.chance(0.7),
    faults: kinds.map((kind) => ({
      kind,
      afterMs: random.whole(100, 1200),
      seed: random.whole(0, 4_294_967_295)
    }))
  }
}
