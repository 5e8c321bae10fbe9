/** Why a score is, or is not, in the profile, from all that is known of it. */
import type { DeadLetter } from "../../schemas/dead-letter.ts"
import type { HeldResult } from "../../schemas/held.ts"
import { START } from "../../schemas/position.ts"
import type { LanePlace, LedgerEntry } from "./TraceDesk.ts"

export interface Traced {
  readonly ledger: LedgerEntry | null
  readonly held: HeldResult | null
  /** In position order. */
  readonly letters: ReadonlyArray<DeadLetter>
  readonly lanes: ReadonlyArray<LanePlace>
  /** Position of the newest change of it in the change log; `null`: the log has none, or was not asked. */
  readonly logged: string | null
  /** Whether the configuration maps the result's table as scores. */
  readonly isMapped: boolean
}

/**
 * - `filed`      it stands in the profile, and nothing newer is known
 * - `filed-behind` it does, but a newer change waits or was refused
 * - `revoked`    it was taken back at the source, or from a person who is not proven any more
 * - `held`, `ignored`, `refused`, `discarded` as the queues say
 * - `under-way`  the change log has a change that is not applied yet
 * - `unknown`    neither the HR database nor the change log has ever heard of it, or no longer remembers
 */
export type Verdict =
  | "filed"
  | "filed-behind"
  | "revoked"
  | "held"
  | "ignored"
  | "refused"
  | "discarded"
  | "under-way"
  | "unknown"

export interface Explanation {
  readonly verdict: Verdict
  readonly because: string
  /** What to do or where to look; `null`: nothing. */
  readonly next: string | null
}

const applied = ({ ledger }: Traced): LedgerEntry | null =>
  ledger === null || ledger.position === START ? null : ledger

/** The queue that the newest change stands in, where it is newer than what is applied. */
const queued = (traced: Traced): Explanation | undefined => {
  const done = applied(traced)?.position ?? START
  const { held, letters } = traced
  const unresolved = letters.find(({ state }) => state === "open" || state === "replay")
  if (unresolved !== undefined) {
    return {
      verdict: "refused",
      because: `a change of it was refused: ${unresolved.reason}, ${unresolved.detail}; later ones wait behind it`,
      next: `gradewire deadletters show ${unresolved.position}`
    }
  }
  if (held !== null && held.position > done) {
    return held.state === "ignored"
      ? { verdict: "ignored", because: "somebody put it aside", next: `gradewire held show ${held.result}` }
      : {
          verdict: "held",
          because:
            held.reason === "UNQUALIFIED"
              ? "its account is no employee's, by employees.exclude: UNQUALIFIED"
              : `its person is not proven: ${held.reason}, ${held.candidates} candidates`,
          next: `gradewire held show ${held.result} --reveal`
        }
  }
  return undefined
}

const underWay = (traced: Traced): boolean => {
  const { lanes, logged } = traced
  const slowest = lanes.map(({ position }) => position).toSorted()[0] ?? START
  return logged !== null && logged > slowest && logged > (applied(traced)?.position ?? START)
}

const NOT_YET: Explanation = {
  verdict: "under-way",
  because: "the change log has a change of it that apply has not reached",
  next: "gradewire status"
}

const unknown = ({ isMapped }: Traced): Explanation =>
  isMapped
    ? {
        verdict: "unknown",
        because:
          "nothing of it was ever applied, held or refused, and no change of it was found in the change log: its row is not committed or not copied yet, or was removed before anything was filed",
        next: "gradewire snapshot status"
      }
    : {
        verdict: "unknown",
        because: "the configuration maps no score table of this name",
        next: "a result is named by its table and key: lms.exam_result:4711"
      }

export const explainResult = (traced: Traced): Explanation => {
  const done = applied(traced)
  const queue = queued(traced) ?? (underWay(traced) ? NOT_YET : undefined)
  if (done === null) {
    if (queue !== undefined) return queue
    const given = traced.letters.findLast(({ state }) => state === "discarded")
    return given === undefined
      ? unknown(traced)
      : {
          verdict: "discarded",
          because: "its change was refused, and somebody gave it up",
          next: `gradewire deadletters show ${given.position}`
        }
  }
  if (done.state === "revoked")
    return (
      queue ?? {
        verdict: "revoked",
        because: "it was taken back at the source, or its person is not proven any more",
        next: null
      }
    )
  return queue === undefined
    ? { verdict: "filed", because: "its newest known change is applied", next: null }
    : { ...queue, verdict: "filed-behind", because: `an older value is filed; ${queue.because}` }
}
