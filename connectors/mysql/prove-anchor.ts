/** Whether the place where reading is to go on is the one that was read before, and the name of the trouble where not. */
import { Effect } from "effect"
import { placeOf } from "../../schemas/anchor.ts"
import { binlogFileNumber } from "../../schemas/position.ts"
import type { ChangeSourceError, ResumePoint } from "../../src/capture/ChangeSource.ts"
import {
  BinlogMismatch,
  BinlogReset,
  BinlogShortened,
  PositionPurged,
  SourceForeign
} from "../../src/capture/history-errors.ts"
import { readFileStart } from "./file-start.ts"
import { readBinlogFiles, type ServerFacts } from "./server-facts.ts"
import type { SourceOptions } from "./source-options.ts"
import { connectSql } from "./sql-connection.ts"

type Refusal = BinlogMismatch | BinlogShortened | PositionPurged

/** What can be told before reading: the server, and whether the place exists. */
export const proveAnchor = (
  { anchor }: ResumePoint,
  { files, server }: Pick<ServerFacts, "files" | "server">
): Effect.Effect<void, Refusal> => {
  const place = placeOf(anchor)
  if (anchor.server !== server) {
    const message = `this is ${server}, not ${anchor.server}`
    return Effect.fail(new BinlogMismatch({ message, place, expected: anchor.server, found: server }))
  }
  const file = files.find((candidate) => candidate.name === anchor.file)
  if (file === undefined) {
    const oldest = files[0]!.name
    if ((binlogFileNumber(anchor.file) ?? 0) < (binlogFileNumber(oldest) ?? 0)) {
      const message = `${anchor.file} is gone, the oldest binlog file is ${oldest}`
      return Effect.fail(new PositionPurged({ message, place }))
    }
    const message = `the server has no binlog file ${anchor.file}, the newest is ${files.at(-1)!.name}`
    return Effect.fail(new BinlogShortened({ message, place }))
  }
  // At its very end a file may lack the transaction only where none is known to start there.
  const missing = anchor.gtid === null ? anchor.position > file.size : anchor.position >= file.size
  if (!missing) return Effect.void
  const message = `${anchor.file} ends at ${file.size}, before what was read at ${anchor.position}`
  return Effect.fail(new BinlogShortened({ message, place }))
}

/** Completes what the server or a reader said of the place, and tells a reset from a restored server. */
export const namedHistoryError =
  (options: SourceOptions, from: ResumePoint) =>
  (error: ChangeSourceError): Effect.Effect<never, ChangeSourceError> => {
    const place = placeOf(from.anchor)
    if (error instanceof PositionPurged) return Effect.fail(new PositionPurged({ ...fieldsOf(error), place }))
    if (error instanceof SourceForeign) {
      const { expected, found } = error
      return Effect.fail(new SourceForeign({ ...fieldsOf(error), expected, found, place }))
    }
    const isMismatch = error instanceof BinlogMismatch
    if (!isMismatch && !(error instanceof BinlogShortened)) return Effect.fail(error)
    const named = isMismatch
      ? new BinlogMismatch({ ...fieldsOf(error), expected: error.expected, found: error.found, place })
      : error
    return isReset(options, from).pipe(
      Effect.orElseSucceed(() => false),
      Effect.flatMap((reset) =>
        Effect.fail(
          reset
            ? new BinlogReset({
                message: `the whole binlog is younger than what was read: ${error.message}`,
                place
              })
            : named
        )
      )
    )
  }

const fieldsOf = ({ message }: { readonly message: string }) => ({ message })

const MILLIS_PER_SECOND = 1000

/** Files that were there when the last change was read are there no more: not one of them is as old as that change. */
const isReset = (
  options: SourceOptions,
  { committedAt }: ResumePoint
): Effect.Effect<boolean, ChangeSourceError> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (committedAt === undefined || committedAt === null) return false
      const sql = yield* connectSql(options)
      const [oldest] = yield* readBinlogFiles(sql)
      const begun = yield* readFileStart(options, sql.encrypted, oldest!.name)
      // Files say whole seconds.
      return begun >= Math.floor(Date.parse(committedAt) / MILLIS_PER_SECOND)
    })
  )
