/** What travels between {@link askSnapshot} and the {@link SnapshotDesk}: a command, and a status or why it was refused. */
import { Result, Schema } from "effect"
import { SnapshotCommand, SnapshotStatus } from "../../schemas/snapshot-command.ts"
import { SnapshotRefusal } from "../../src/capture/SnapshotDesk.ts"

const Answer = Schema.fromJsonString(
  Schema.Union([Schema.Struct({ status: SnapshotStatus }), Schema.Struct({ refused: SnapshotRefusal })])
)
export type SnapshotAnswer = typeof Answer.Type

const decode = Schema.decodeUnknownResult(Answer)
const encode = Schema.encodeUnknownResult(Answer)
const decodeQuestion = Schema.decodeUnknownResult(Schema.fromJsonString(SnapshotCommand))

/** `undefined` where it does not fit its own schema: such an answer is not given. */
export const encodeSnapshotAnswer = (answer: SnapshotAnswer): string | undefined =>
  Result.getOrUndefined(encode(answer))

export const decodeSnapshotAnswer = (text: string): SnapshotAnswer | undefined =>
  Result.getOrUndefined(decode(text))

export const encodeSnapshotCommand = (command: SnapshotCommand): string => JSON.stringify(command)

export const decodeSnapshotCommand = (text: string): SnapshotCommand | undefined =>
  Result.getOrUndefined(decodeQuestion(text))
