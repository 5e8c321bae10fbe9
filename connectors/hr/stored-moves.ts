/** What the desks of both kinds of server know alike of offsets that an operator moves. */
import { progressText, type ApplyOffset } from "../../schemas/apply-offset.ts"
import { offsetPlaceFrom, offsetPlaceOf } from "../../schemas/offset-place.ts"
import { START } from "../../schemas/position.ts"
import type { LaneOffset, OffsetMove, OffsetRecord, TakenKind } from "../../src/apply/OffsetDesk.ts"
import type { PLACE } from "./lane-columns.ts"
import { offsetOf, type OffsetRow } from "./stored-rows.ts"

/** Where a change of a key can have gone: tables with the key's column and `position`. */
export const TAKEN_IN: Readonly<Record<TakenKind, ReadonlyArray<readonly [table: string, key: string]>>> = {
  result: [
    ["result_ledger", "result_id"],
    ["held_change", "result_id"],
    ["dead_letter", "result_id"]
  ],
  learner: [["learner_directory", "learner_id"]],
  assessment: [["assessment_directory", "assessment_id"]]
}

/** All that must not have changed between the look and the move, as one text: `lane:epoch:position,…`. */
export const fenceOf = (lanes: ReadonlyArray<LaneOffset>): string =>
  lanes.map(({ epoch, lane, offset }) => `${lane}:${epoch}:${offset?.position ?? START}`).join(",")

/** The new place by column of `apply_offset`. */
export const placeValues = (
  to: ApplyOffset
): Readonly<Record<(typeof PLACE)[number], string | number | null>> => ({
  position: to.position,
  generation: to.generation,
  stream_sequence: to.streamSequence,
  anchor_file: to.anchor.file,
  anchor_position: to.anchor.position,
  anchor_gtid: to.anchor.gtid,
  anchor_server: to.anchor.server,
  anchor_timeline: to.anchor.timeline,
  committed_at: to.committedAt,
  snapshot: progressText(to)
})

/** The columns of `offset_history` that the move fills. */
export const recordValues = ({ changedBy, kind, old, reason, to }: OffsetMove) => ({
  changed_by: changedBy,
  kind,
  reason,
  old_position: old.position,
  old_gtid: old.anchor.gtid,
  new_position: to.position,
  new_gtid: to.anchor.gtid,
  old_place: JSON.stringify(old),
  new_place: JSON.stringify(offsetPlaceOf(to))
})

/** Says in `apply_offset.holder` who has it now: nobody who applies. */
export const holderOf = ({ changedBy, kind }: OffsetMove): string => `offsets ${kind} by ${changedBy}`

export interface LaneRow extends OffsetRow {
  readonly lane: number | string
}

export const laneOffset = (row: LaneRow, instant?: (text: string) => string): LaneOffset => ({
  lane: Number(row.lane),
  epoch: Number(row.epoch),
  offset: offsetOf(row, instant)
})

export interface RecordRow {
  readonly id: number | string
  readonly changed_at: string
  readonly changed_by: string
  readonly kind: "reset" | "restore"
  readonly reason: string
  readonly old_place: string
  readonly new_place: string
}

export const offsetRecord = (row: RecordRow, instant: (text: string) => string): OffsetRecord => ({
  id: Number(row.id),
  changedAt: instant(row.changed_at),
  changedBy: row.changed_by,
  kind: row.kind,
  reason: row.reason,
  old: offsetPlaceFrom(row.old_place),
  new: offsetPlaceFrom(row.new_place)
})
