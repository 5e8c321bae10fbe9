/**
 * ProfileStore in memory, for tests of what stands above the port. The conformance suite holds it to the real one.
 *
 * Values stay as the event has them; nothing is cast, so a type's limits are stated by `refuses`.
 */
import { Effect, Layer } from "effect"
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { ChangeEvent, ScoreEvent } from "../../../schemas/change-event.ts"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { TargetTable } from "../../../schemas/table-config.ts"
import { ONLY_LANE, type Lane } from "../../../schemas/lane.ts"
import { START } from "../../../schemas/position.ts"
import {
  ApplyFenced,
  LanesMismatch,
  OffsetMoved,
  ProfileStore,
  RowRefused,
  type ApplyBatch,
  type BatchOutcome,
  type ProfileStoreError,
  type ReleaseOutcome
} from "../../../src/apply/ProfileStore.ts"
import { KeyNormaliser } from "../../../src/identity/KeyNormaliser.ts"
import { keyRulesOf } from "../../../src/identity/key-rules.ts"
import { constantOf, valueOf } from "./memory-values.ts"
import { laneOfEvent } from "../../../src/apply/route-events.ts"
import type { MemoryHrDatabase, MemoryLane, MemoryLetter, TargetRow } from "./MemoryHrDatabase.ts"
import { judge, type Judgement, type MappedScores } from "./memory-judgement.ts"

export interface MemoryOptions {
  readonly connector: string
  readonly scores: ReadonlyArray<MappedScores>
  readonly employees: ConnectorConfig["employees"]
  readonly lane?: Lane | undefined
  /** Name of the constraint that refuses a row about to be written; `undefined`: it is fine. */
  readonly refuses?: (table: string, row: TargetRow) => string | undefined
}

const NOTHING: BatchOutcome = { applied: 0, stale: 0, held: 0, dead: 0 }

type Groups = Readonly<Record<string, unknown>>

class MemoryStore {
  private readonly database: MemoryHrDatabase
  private readonly options: MemoryOptions
  private readonly lane: Lane
  private readonly normaliser: KeyNormaliser
  constructor(database: MemoryHrDatabase, options: MemoryOptions) {
    this.database = database
    this.options = options
    this.lane = options.lane ?? ONLY_LANE
    this.normaliser = new KeyNormaliser(keyRulesOf(options.employees))
  }

  takeOver(): { readonly epoch: number; readonly offset: ApplyOffset | undefined } {
    const { database, lane } = this
    const isNew = database.lanes.length === 1 && database.epoch === 0
    if (isNew) database.lanes = Array.from({ length: lane.lanes }, () => database.lanes[0]!)
    else if (database.lanes.length !== lane.lanes) {
      const stored = database.lanes.length
      throw new LanesMismatch({ message: `applied in ${stored} lanes`, stored, configured: lane.lanes })
    }
    database.change(lane.lane, { epoch: this.own.epoch + 1 })
    const { epoch, offset } = this.own
    return { epoch, offset }
  }

  get own(): MemoryLane {
    return this.database.lanes[this.lane.lane] ?? { epoch: 0, position: START, offset: undefined }
  }

  private checkEpoch(epoch: number): void {
    const { epoch: newer } = this.own
    if (newer > epoch) throw new ApplyFenced({ message: "a newer process applies", epoch, newerEpoch: newer })
  }

  apply(epoch: number, batch: ApplyBatch): BatchOutcome {
    this.checkEpoch(epoch)
    const expected = batch.after?.position ?? START
    const { database, own } = this
    if (own.epoch < epoch || own.position !== expected) {
      if (own.epoch === epoch && own.position === batch.offset.position) return NOTHING
      const found = `${own.position} under epoch ${own.epoch}`
      throw new OffsetMoved({ message: "the offset moved", expected, found })
    }
    const before = database.copy()
    try {
      const outcome =
        batch.refusal === undefined
          ? this.file(batch.changes, false)
          : this.park(batch.changes[0]!, batch.refusal)
      database.change(this.lane.lane, { position: batch.offset.position, offset: batch.offset })
      return outcome
    } catch (error) {
      database.restore(before)
      throw error
    }
  }

  release(epoch: number): ReleaseOutcome {
    this.checkEpoch(epoch)
    const { database } = this
    if (this.own.epoch < epoch)
      throw new OffsetMoved({ message: "restored", expected: `epoch ${epoch}`, found: `${this.own.epoch}` })
    let released = 0
    for (const letter of database.letters) {
      const isFirst = !database.letters.some(
        (other) =>
          other.resultId !== null &&
          other.resultId === letter.resultId &&
          isUnresolved(other) &&
          other.event.sequence < letter.event.sequence
      )
      if (!this.isOwn(letter.event) || !isFirst || (letter.state !== "replay" && letter.state !== "waiting"))
        continue
      released += this.attempt([letter.event], letter)
    }
    const held = [...database.held.values()].sort((a, b) => (a.event.sequence < b.event.sequence ? -1 : 1))
    for (const { event } of held) if (this.isOwn(event)) released += this.attempt([event], undefined)
    return { released, more: false }
  }

  /** What is for every lane is the first one's. */
  private isOwn(event: ChangeEvent): boolean {
    const { lane, lanes } = this.lane
    const owner = laneOfEvent(event, { lanes, learnerTables: new Set() })
    return (owner === "every" ? 0 : owner) === lane
  }

  /** Files a change that waited, or makes it a dead letter. */
  private attempt(events: ReadonlyArray<ChangeEvent>, letter: MemoryLetter | undefined): number {
    const before = this.database.copy()
    try {
      if (letter !== undefined) letter.state = "done"
      return this.file(events, letter !== undefined).applied
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error
      const { letters } = this.database
      this.database.restore(before)
      this.database.letters = letters
      if (letter !== undefined) letter.state = "open"
      else {
        const event = events[0] as ScoreEvent
        this.database.held.delete(event.data.resultId)
        this.park(event, { reason: "REFUSED", detail: error.detail })
      }
      return 0
    }
  }

  private park(event: ChangeEvent, refusal: { reason: string; detail: string }): BatchOutcome {
    const resultId = "resultId" in event.data ? event.data.resultId : null
    this.letter({ event, resultId, ...refusal, state: "open" })
    return { ...NOTHING, dead: 1 }
  }

  private letter(letter: MemoryLetter): void {
    const isKnown = this.database.letters.some(({ event }) => event.sequence === letter.event.sequence)
    if (!isKnown) this.database.letters.push(letter)
  }

  private file(changes: ReadonlyArray<ChangeEvent>, isReplay: boolean): BatchOutcome {
    const outcome: { -readonly [K in keyof BatchOutcome]: number } = { ...NOTHING }
    const scores: Array<ScoreEvent> = []
    for (const event of changes) {
      if ("resultId" in event.data) scores.push(this.completed(event as ScoreEvent))
      else this.fileDirectory(event)
    }
    const known = { ...this.options, isReplay, isUnresolved, normaliser: this.normaliser }
    for (const judgement of judge(this.database, scores, known)) {
      if (judgement.fate === "file") {
        this.write(judgement)
        outcome.applied += 1
      } else if (judgement.fate === "held") {
        this.hold(judgement)
        outcome.held += 1
      } else if (judgement.fate === "dead") {
        const { event, isMapped } = judgement
        const reason = isMapped ? "WAITING" : "TABLE_NOT_MAPPED"
        const state = isMapped ? "waiting" : "open"
        this.letter({ event, resultId: event.data.resultId, reason, detail: "", state })
        outcome.dead += 1
      } else outcome.stale += 1
    }
    return outcome
  }

  /** A later change of a held result that names only some keys, completed from the held one. */
  private completed(event: ScoreEvent): ScoreEvent {
    const waiting = this.database.held.get(event.data.resultId)?.event
    if (waiting === undefined || waiting.sequence >= event.sequence) return event
    const [before, after] = [waiting.data, event.data] as unknown as [Groups, Groups]
    const groups = ["learner", "score", "attempt", "attributes"].map((group) => [
      group,
      { ...(before[group] as object | undefined), ...(after[group] as object | undefined) }
    ])
    const data = { ...before, ...after, ...Object.fromEntries(groups) } as ScoreEvent["data"]
    return Object.assign({}, event, { data })
  }

  private fileDirectory(event: ChangeEvent): void {
    const { data, sequence } = event
    if ("learnerId" in data) {
      const before = this.database.learners.get(data.learnerId)
      if (before !== undefined && before.position >= sequence) return
      this.database.learners.set(data.learnerId, { ...before, ...data, position: sequence })
    } else if ("assessmentId" in data) {
      const before = this.database.assessments.get(data.assessmentId)
      if (before !== undefined && before.position >= sequence) return
      this.database.assessments.set(data.assessmentId, { ...before, ...data, position: sequence })
    }
  }

  private hold({ event, reason, target }: Judgement): void {
    const { held, ledger } = this.database
    const { resultId, learner } = event.data
    const filed = ledger.get(resultId)
    if (filed?.state === "recorded" && learner.id != null && learner.id !== filed.learnerId) {
      this.take(target!, resultId, true)
      ledger.set(resultId, { ...filed, state: "revoked" })
    }
    held.set(resultId, { event, reason })
  }

  private take({ target }: Pick<MappedScores, "target">, resultId: string, isWithdrawn: boolean): void {
    const rows = this.database.profile.get(target.table)
    const row = rows?.get(resultId)
    if (rows === undefined || row === undefined) return
    const revoke = target.onRevoke ?? "delete"
    if (typeof revoke === "object") Object.assign(row, revoke.flag)
    else if (revoke === "delete" || isWithdrawn) rows.delete(resultId)
  }

  private write({ event, person, target, rule }: Judgement): void {
    const { database } = this
    const { resultId, learner } = event.data
    const filed = database.ledger.get(resultId)
    const isRevoked = event.type === "gradewire.score.revoked.v1"
    if (isRevoked) {
      if (filed?.state === "recorded") this.take(target!, resultId, false)
    } else this.upsert(event, person!, target!.target)
    if (!isRevoked && learner.id != null && rule !== undefined && !database.links.has(learner.id))
      database.links.set(learner.id, person!)
    database.ledger.set(resultId, {
      position: event.sequence,
      eventId: event.id,
      state: isRevoked ? "revoked" : "recorded",
      learnerId: learner.id ?? filed?.learnerId ?? null,
      employee: isRevoked ? (filed?.employee ?? null) : person
    })
    const waiting = database.held.get(resultId)
    if (waiting !== undefined && waiting.event.sequence <= event.sequence) database.held.delete(resultId)
  }

  private upsert(event: ScoreEvent, person: string, target: TargetTable): void {
    const rows = this.database.profile.get(target.table) ?? new Map<string, TargetRow>()
    const row: TargetRow = { ...rows.get(event.data.resultId) }
    for (const [column, from] of Object.entries(target.columns)) {
      const value = typeof from === "object" ? constantOf(from) : valueOf(this.database, event, person, from)
      if (value !== undefined) row[column] = value
      else row[column] ??= null
    }
    const detail = this.options.refuses?.(target.table, row)
    if (detail !== undefined) throw new RowRefused({ message: "a row is refused", code: "23514", detail })
    rows.set(event.data.resultId, row)
    this.database.profile.set(target.table, rows)
  }
}

const isUnresolved = ({ state }: MemoryLetter): boolean => state !== "done" && state !== "discarded"

const attempt = <A>(run: () => A): Effect.Effect<A, ProfileStoreError> =>
  Effect.try({ try: run, catch: (error) => error as ProfileStoreError })

export const makeMemoryProfileStore = (
  database: MemoryHrDatabase,
  options: MemoryOptions
): ProfileStore["Service"] => {
  const store = new MemoryStore(database, options)
  return ProfileStore.of({
    takeOver: attempt(() => store.takeOver()),
    offset: attempt(() => store.own.offset),
    progress: attempt(() => database.progress),
    apply: (epoch, batch) => attempt(() => store.apply(epoch, batch)),
    readEmployees: Effect.void,
    release: (epoch) => attempt(() => store.release(epoch))
  })
}

export const layerMemory = (database: MemoryHrDatabase, options: MemoryOptions): Layer.Layer<ProfileStore> =>
  Layer.succeed(ProfileStore, makeMemoryProfileStore(database, options))
