/**
 * What the witnesses in the HR database noted: triggers of the test's own, on gradewire's tables and on the profile.
 *
 * What they noted commits and is restored together with what it tells of, so it holds over every fault of the database.
 */
import type { HrSession } from "./HrDatabase.ts"

export interface LedgerNote {
  readonly resultId: string
  readonly position: string
  readonly eventId: string
}

export interface ProgressNote {
  readonly lane: number
  readonly position: string
  readonly generation: number
  readonly epoch: number
}

export interface ProfileNote {
  readonly ref: string
  /** as the database prints it, "NULL" for none; null: the row is gone */
  readonly state: string | null
}

/** In the order in which they happened. */
export interface Audit {
  readonly ledger: ReadonlyArray<LedgerNote>
  readonly progress: ReadonlyArray<ProgressNote>
  readonly profile: ReadonlyArray<ProfileNote>
}

type Row<Name extends string> = Readonly<Record<Name, string>>

export const readAudit = async (hr: HrSession): Promise<Audit> => {
  const ledger = await hr.rows<Row<"result_id" | "position" | "event_id">>(
    "SELECT result_id, position, event_id FROM audit.ledger ORDER BY n"
  )
  const progress = await hr.rows<Row<"lane" | "position" | "generation" | "epoch">>(
    "SELECT lane, position, generation, epoch FROM audit.progress ORDER BY n"
  )
  const profile = await hr.rows<{ readonly ref: string; readonly score: string | null }>(
    "SELECT ref, score FROM audit.profile ORDER BY n"
  )
  return {
    ledger: ledger.map((row) => ({ resultId: row.result_id, position: row.position, eventId: row.event_id })),
    progress: progress.map((row) => ({
      lane: Number(row.lane),
      position: row.position,
      generation: Number(row.generation),
      epoch: Number(row.epoch)
    })),
    profile: profile.map(({ ref, score }) => ({ ref, state: score }))
  }
}
