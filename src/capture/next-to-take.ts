/**
 * The message of the log that apply is to take next. Only that one tells whether the log leads on from apply's offset: one
 * that lost messages in its middle has a sound front and a sound end (G5).
 */
import { Effect } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"
import { START } from "../../schemas/position.ts"
import { firstAfter } from "../pipeline/first-after.ts"
import { ChangeLog, type ChangeLogError, type LogTail } from "./ChangeLog.ts"
import type { ApplyAnswer } from "./resume-plan.ts"

/** Its head; `undefined` where everything is applied, the oldest message's where apply does not say. */
export const nextToTake = Effect.fnUntraced(function* (
  tail: LogTail,
  applied: ApplyAnswer
): Effect.fn.Return<LogHead | undefined, ChangeLogError, ChangeLog> {
  const { head, firstHead, firstSequence, lastSequence } = tail
  if (head === undefined || applied === "silent") return firstHead
  const log = yield* ChangeLog
  const sequences = { first: firstSequence, last: lastSequence }
  const next = yield* firstAfter(log.headAt, sequences, head.generation, applied?.position ?? START)
  return next?.head
})
