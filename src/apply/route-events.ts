/**
 * Which of a message's events a lane files.
 *
 * - A learner's own change and the learner's scores share a lane. A score without a learner goes by its result.
 * - Assessments are every lane's: each files scores by what the directory says, and a repeated change has no effect.
 * - A score whose table maps a learner and whose event does not name one cannot be routed: the source logged only a part of
 *   the row. Guessing could break the learner's order, so it stops the lane (G3).
 */
import { Result, Schema } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { Fate } from "../../schemas/failure.ts"
import { laneOfText, type Lane } from "../../schemas/lane.ts"

export class LaneUnroutable extends Schema.TaggedError<LaneUnroutable>()("LaneUnroutable", {
  message: Schema.String,
  table: Schema.String,
  position: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "SET PERSIST binlog_row_image = 'FULL'; -- on the training database (MariaDB: SET GLOBAL, and in my.cnf)\nfor what was logged before: gradewire lanes set 1 --config FILE --execute, apply.lanes: 1, and back once apply has passed it."
}

/** A process was told to take a lane that there is not. */
export class LaneUnknown extends Schema.TaggedError<LaneUnknown>()("LaneUnknown", {
  message: Schema.String,
  lane: Schema.Number,
  lanes: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Name lanes from 0 to ${this.lanes - 1}, or leave --lanes out to take them all.`
  }
}

export interface Routing extends Lane {
  /** Score tables that map a learner's id. */
  readonly learnerTables: ReadonlySet<string>
}

/** The lane of an event; `"every"`: each files it; `undefined`: it cannot be told. */
export const laneOfEvent = (
  { data, subject }: Pick<ChangeEvent, "data" | "subject">,
  { lanes, learnerTables }: Pick<Routing, "lanes" | "learnerTables">
): number | "every" | undefined => {
  if ("resultId" in data) {
    const { id } = data.learner
    if (id === undefined && learnerTables.has(subject)) return undefined
    return laneOfText(id ?? data.resultId, lanes)
  }
  if ("learnerId" in data) return laneOfText(data.learnerId, lanes)
  if ("assessmentId" in data) return "every"
  // Raw rows are filed nowhere; the first lane counts them.
  return 0
}

export const eventsOfLane = (
  events: ReadonlyArray<ChangeEvent>,
  routing: Routing
): Result.Result<ReadonlyArray<ChangeEvent>, LaneUnroutable> => {
  if (routing.lanes === 1) return Result.succeed(events)
  const own: Array<ChangeEvent> = []
  for (const event of events) {
    const lane = laneOfEvent(event, routing)
    if (lane === undefined) {
      return Result.fail(
        new LaneUnroutable({
          message: `A change of ${event.subject} at ${event.sequence} does not name its learner, so no lane can take it`,
          table: event.subject,
          position: event.sequence
        })
      )
    }
    if (lane === "every" || lane === routing.lane) own.push(event)
  }
  return Result.succeed(own)
}
