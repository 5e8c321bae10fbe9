/** `gradewire deadletters …`: asked of and decided in the HR database alone. */
import { Effect } from "effect"
import { LETTER_STATES, type LetterFilter } from "../../schemas/dead-letter.ts"
import { maskEvent } from "../apply/mask-event.ts"
import { DeadLettersNone, DeadLetterUnknown, settleLetters } from "../apply/settle-letters.ts"
import type { Actions, LetterList, LetterView } from "../cli/Actions.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { operator } from "./operator.ts"
import { targetOf } from "./target-of.ts"

const openDesk = Effect.fnUntraced(function* (file: string) {
  const target = yield* targetOf(yield* loadConfig(file))
  return yield* target.letters
})

export const letters = Effect.fnUntraced(function* (file: string, filter: LetterFilter, limit: number) {
  const desk = yield* openDesk(file)
  const found = yield* desk.list(filter, limit + 1)
  return { letters: found.slice(0, limit), more: found.length > limit } satisfies LetterList
}, Effect.scoped)

export const letter = Effect.fnUntraced(function* (file: string, position: string, reveal: boolean) {
  const desk = yield* openDesk(file)
  const [found] = yield* desk.list({ states: LETTER_STATES, positions: [position] }, 1)
  const content = yield* desk.content(position)
  if (found === undefined || content === undefined) {
    return yield* new DeadLetterUnknown({ message: `No dead letter ${position}`, positions: [position] })
  }
  const event = JSON.parse(content.event) as unknown
  return {
    letter: found,
    event: reveal ? event : maskEvent(event),
    decisions: content.decisions,
    revealed: reveal
  } satisfies LetterView
}, Effect.scoped)

export const settle = Effect.fnUntraced(function* (
  file: string,
  { by, choice, ...request }: Parameters<Actions["settle"]>[1]
) {
  if (choice === undefined) {
    return yield* new DeadLettersNone({ message: "Name dead letters by position, or give --all; not both" })
  }
  const desk = yield* openDesk(file)
  return yield* settleLetters(desk, { ...request, choice, by: by ?? operator() })
}, Effect.scoped)
