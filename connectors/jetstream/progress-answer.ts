/** What travels between {@link ApplyProgress} and {@link ProgressDesk}: an offset as JSON, or `null` for none. */
import { Result, Schema } from "effect"
import { ApplyOffset } from "../../schemas/apply-offset.ts"

const Answer = Schema.fromJsonString(Schema.NullOr(ApplyOffset))
const decode = Schema.decodeUnknownResult(Answer)
const encode = Schema.encodeUnknownResult(Answer)

/** `undefined` where the offset does not fit its own schema: such an answer is not given. */
export const encodeAnswer = (offset: ApplyOffset | undefined): string | undefined =>
  Result.getOrUndefined(encode(offset ?? null))

/** `undefined` where the text is no answer; `{ offset: undefined }` where apply has never applied anything. */
export const decodeAnswer = (text: string): { readonly offset: ApplyOffset | undefined } | undefined => {
  const answer = decode(text)
  return Result.isSuccess(answer) ? { offset: answer.success ?? undefined } : undefined
}
