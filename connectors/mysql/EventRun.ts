/**
 * Events of the port that wait to be fetched. Runs without rows of ours shrink to their last event while nobody has fetched
 * them; which transactions went by stays known.
 */
import { GtidSet } from "../../schemas/GtidSet.ts"
import type { BeginEvent, CommitEvent, RotatedEvent, SourceEvent } from "../../src/capture/ChangeSource.ts"

export class EventRun {
  #events: Array<SourceEvent> = []

  /** Where a transaction puts its events. */
  get out(): Array<SourceEvent> {
    return this.#events
  }

  drain(): ReadonlyArray<SourceEvent> {
    const events = this.#events
    if (events.length > 0) this.#events = []
    return events
  }

  /** Replaces its predecessor. */
  rotated(event: RotatedEvent): void {
    const last = this.#events.length - 1
    if (this.#events[last]?._tag === "Rotated") this.#events[last] = event
    else this.#events.push(event)
  }

  /** A transaction without rows replaces another one before it. */
  empty(begin: BeginEvent, commit: CommitEvent): void {
    const last = this.#events.length
    const [emptyBegin, emptyCommit] = [this.#events[last - 2], this.#events[last - 1]]
    if (emptyCommit?._tag !== "Commit" || emptyBegin?._tag !== "Begin") {
      this.#events.push(begin, commit)
      return
    }
    const passed = emptyCommit.passed ?? new GtidSet()
    if (emptyBegin.gtid !== null && emptyCommit.waits !== true) passed.add(emptyBegin.gtid)
    if (commit.passed !== undefined) passed.addAll(commit.passed)
    this.#events[last - 2] = begin
    this.#events[last - 1] = { ...commit, passed }
  }
}
