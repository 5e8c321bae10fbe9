/**
 * One change that is larger than a message may be, as several messages (`changeLog.largeEvents: split`).
 *
 * - Every piece but the last moves nothing: it ends where the message before ended, so that a log that breaks off between
 *   them is resumed before the change, and a reader that knows no pieces stops at the last one instead of missing it.
 * - The last piece has the whole change's head. Pieces stand one behind the other; no other writer's can come between.
 */
import type { Captured } from "../../schemas/captured.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import type { LogMessage } from "./ChangeLog.ts"

/**
 * @param bytesMax of one message's body; `undefined`: nothing is split. Only a change that stands alone is: what reads
 *   again from the anchor of a piece must find everything before it in the log.
 * @param before transactions that are captured without it
 */
export const inPieces = (
  message: LogMessage,
  bytesMax: number | undefined,
  before: Captured | undefined
): ReadonlyArray<LogMessage> => {
  const { body, head } = message
  if (bytesMax === undefined || body.length <= bytesMax || head.count !== 1) return [message]
  const { captured: _, partLast: __, ...shared } = head
  const within: LogHead = {
    ...shared,
    ...(before === undefined ? {} : { captured: before }),
    first: head.previous,
    last: head.previous,
    count: 0,
    types: [],
    committedAt: null
  }
  const pieces = Math.ceil(body.length / bytesMax)
  return Array.from({ length: pieces }, (_piece, index): LogMessage => {
    const isLast = index === pieces - 1
    return {
      head: { ...(isLast ? head : within), piece: index + 1, pieceLast: isLast },
      body: body.subarray(index * bytesMax, (index + 1) * bytesMax)
    }
  })
}
