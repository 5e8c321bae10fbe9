/** `gradewire trace`: puts together what the HR database and the change log know. Keys of people are masked unless revealed. */
import { Effect, Option } from "effect"
import { layerChangeFeed } from "../../connectors/jetstream/JetStreamChangeFeed.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { LETTER_STATES } from "../../schemas/dead-letter.ts"
import type { HeldResult } from "../../schemas/held.ts"
import { parsePosition, SNAPSHOT_ORDINALS, START } from "../../schemas/position.ts"
import { explainResult } from "../apply/explain-result.ts"
import { maskKey } from "../apply/mask-event.ts"
import { eventAt, lastEvents, type LoggedEvent } from "../apply/read-log.ts"
import type { LanePlace, LedgerEntry, PersonLink } from "../apply/TraceDesk.ts"
import type { EmployeeTrace, ResultTrace, SourcePlace } from "../cli/Trace.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

/** A result without any other mark is looked for through the whole log, for no longer than this. */
const SEARCH = "20 seconds"
const LETTERS_MAX = 100

type Masked = <K extends string | null>(key: K) => K | string

const masking =
  (reveal: boolean): Masked =>
  (key) =>
    reveal || key === null ? key : maskKey(key)

const maskedHeld = (mask: Masked, held: HeldResult): HeldResult => ({ ...held, learner: mask(held.learner) })
const maskedEntry = (mask: Masked, entry: LedgerEntry): LedgerEntry => ({
  ...entry,
  learner: mask(entry.learner),
  employee: mask(entry.employee)
})
const maskedLink = (mask: Masked, link: PersonLink): PersonLink => ({
  ...link,
  learner: mask(link.learner),
  employee: mask(link.employee)
})

/** The event at a position, or the newest of the result where none is known; no answer in time is none. */
const askLog = Effect.fnUntraced(function* (loaded: LoadedConfig, result: string, position: string | null) {
  const log = yield* changeLogOptions(loaded)
  const search =
    position === null
      ? Effect.map(
          lastEvents(1, ({ data }) => "resultId" in data && data.resultId === result),
          ({ events }) => events[0]
        )
      : eventAt(position)
  return yield* search.pipe(
    Effect.provide(layerChangeFeed(log)),
    Effect.provide(NatsConnection.layer(log)),
    Effect.timeoutOption(SEARCH),
    Effect.map(
      Option.match({
        onNone: () => ({ state: "unasked" as const, found: undefined }),
        onSome: (found) => ({ state: found === undefined ? ("gone" as const) : ("there" as const), found })
      })
    ),
    Effect.catch(() => Effect.succeed({ state: "unasked" as const, found: undefined }))
  )
})

/** Files of one server have one name and a number of six digits or more. */
const fileName = (number: number, lanes: ReadonlyArray<LanePlace>): string => {
  const base = lanes.map(({ file }) => file).find((file) => file !== null)
  return base === undefined || base === null
    ? `file ${number}`
    : `${base.replace(/\.\d+$/, "")}.${String(number).padStart(6, "0")}`
}

interface Change {
  readonly position: string
  readonly eventId: string
  readonly type: string | null
  readonly committedAt: string | null
}

const placeOf = (change: Change, lanes: ReadonlyArray<LanePlace>): SourcePlace | null => {
  const at = parsePosition(change.position)
  return at === undefined
    ? null
    : {
        ...change,
        file: fileName(at.file, lanes),
        byte: at.transaction,
        copied: at.ordinal < SNAPSHOT_ORDINALS
      }
}

interface StoredEvent {
  readonly id: string
  readonly type: string
  readonly time: string
}

const changeOf = (position: string, { id, time, type }: StoredEvent): Change => ({
  position,
  eventId: id,
  type,
  committedAt: time
})

export const traceResult = Effect.fnUntraced(function* (file: string, result: string, reveal: boolean) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const desk = yield* target.trace
  const queue = yield* target.held
  const letterDesk = yield* target.letters
  const { history, ledger } = yield* desk.result(result)
  const lanes = yield* desk.lanes
  const [held] = yield* queue.list({ states: ["waiting", "ignored"], result }, 1)
  const content = held === undefined ? undefined : yield* queue.content(result)
  const letters = yield* letterDesk.list({ states: LETTER_STATES, result }, LETTERS_MAX)
  const learner = held?.learner ?? ledger?.learner ?? null
  const link = learner === null ? undefined : yield* desk.linkOf(learner)
  const decisions = yield* queue.decisions([result, ...(learner === null ? [] : [learner])])
  const positions = [ledger?.position, held?.position, letters.at(-1)?.position]
  const newest = positions
    .flatMap((one) => (one === undefined || one === START ? [] : [one]))
    .toSorted()
    .at(-1)
  const { found, state } = yield* askLog(loaded, result, newest ?? null)
  const logged: LoggedEvent | undefined = found
  const mask = masking(reveal)
  const known = (): Change | undefined => {
    if (logged !== undefined) return changeOf(logged.event.sequence, logged.event)
    if (newest === undefined) return undefined
    if (content !== undefined && held?.position === newest)
      return changeOf(newest, JSON.parse(content.event) as StoredEvent)
    const kept = history.findLast(({ position }) => position === newest)
    if (kept !== undefined) return { ...kept, position: newest }
    const letter = letters.find(({ position }) => position === newest)
    return {
      position: newest,
      eventId: (letter ?? ledger!).eventId,
      type: letter?.type ?? null,
      committedAt: null
    }
  }
  const change = known()
  return {
    result,
    explanation: explainResult({
      ledger,
      held: held ?? null,
      letters,
      lanes,
      logged: logged?.event.sequence ?? null,
      isMapped: loaded.config.tables.some(({ as, table }) => as === "score" && result.startsWith(`${table}:`))
    }),
    source: change === undefined ? null : placeOf(change, lanes),
    log: { state, sequence: logged?.sequence ?? null },
    link: link === undefined ? null : maskedLink(mask, link),
    ledger: ledger === null ? null : maskedEntry(mask, ledger),
    held: held === undefined ? null : maskedHeld(mask, held),
    candidates: (content?.candidates ?? []).map(({ by, employee }) => ({ by, employee: mask(employee) })),
    letters,
    decisions: decisions.map((one) => ({ ...one, from: mask(one.from), to: mask(one.to) })),
    history: history.map((one) => ({ ...one, employee: mask(one.employee) })),
    lanes,
    revealed: reveal
  } satisfies ResultTrace
}, Effect.scoped)

export const traceEmployee = Effect.fnUntraced(function* (
  file: string,
  employee: string,
  limit: number,
  reveal: boolean
) {
  const target = yield* targetOf(yield* loadConfig(file))
  const desk = yield* target.trace
  const queue = yield* target.held
  const { decisions, links, results } = yield* desk.employee(employee, limit + 1)
  const held: Array<HeldResult> = []
  for (const { learner } of links)
    held.push(...(yield* queue.list({ states: ["waiting", "ignored"], learner }, limit)))
  const mask = masking(reveal)
  return {
    employee: mask(employee),
    results: results.slice(0, limit).map((one) => maskedEntry(mask, one)),
    more: results.length > limit,
    links: links.map((one) => maskedLink(mask, one)),
    held: held.map((one) => maskedHeld(mask, one)),
    decisions: decisions.map((one) => ({
      ...one,
      subject: mask(one.subject),
      from: mask(one.from),
      to: mask(one.to)
    })),
    revealed: reveal
  } satisfies EmployeeTrace
}, Effect.scoped)
