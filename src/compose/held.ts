/** `gradewire held …`: asked of and decided in the HR database alone. Keys of people leave here masked unless revealed (G9). */
import { Effect, FileSystem } from "effect"
import type { HeldFilter, HeldPerson, HeldResult } from "../../schemas/held.ts"
import { HeldRefused, type ResolveOrder } from "../apply/HeldDesk.ts"
import { MASK, maskEvent, maskKey } from "../apply/mask-event.ts"
import type { HeldResolution, HeldView, Named } from "../cli/HeldAnswer.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { exportText, HeldFileUnreadable, listText, readOrders } from "./held-csv.ts"
import { operator } from "./operator.ts"
import { targetOf } from "./target-of.ts"

/** Learners in one export; a file with more is no longer filled in by hand. */
const EXPORT_MAX = 100_000

const openDesk = Effect.fnUntraced(function* (file: string) {
  const target = yield* targetOf(yield* loadConfig(file))
  return yield* target.held
})

const masking =
  (reveal: boolean) =>
  <K extends string | null>(key: K): K | string =>
    reveal || key === null ? key : maskKey(key)

const shown =
  (reveal: boolean) =>
  (held: HeldResult): HeldResult => ({ ...held, learner: masking(reveal)(held.learner) })

export const held = Effect.fnUntraced(function* (
  file: string,
  filter: HeldFilter,
  limit: number,
  reveal: boolean
) {
  const desk = yield* openDesk(file)
  const found = yield* desk.list(filter, limit + 1)
  const counts = yield* desk.counts
  return {
    results: found.slice(0, limit).map(shown(reveal)),
    counts,
    more: found.length > limit,
    revealed: reveal
  }
}, Effect.scoped)

export const heldCsv = Effect.fnUntraced(function* (...given: Parameters<typeof held>) {
  return listText((yield* held(...given)).results)
})

const notHeld = () =>
  new HeldRefused({ message: "this result is not held", orders: [{ place: 0, problem: "NOT_HELD" }] })

export const heldResult = Effect.fnUntraced(function* (file: string, result: string, reveal: boolean) {
  const desk = yield* openDesk(file)
  const [found] = yield* desk.list({ states: ["waiting", "ignored"], result }, 1)
  const content = yield* desk.content(result)
  if (found === undefined || content === undefined) return yield* notHeld()
  const mask = masking(reveal)
  const event = JSON.parse(content.event) as unknown
  const { email, employeeNo, externalId, name, phone } = content.keys
  return {
    held: shown(reveal)(found),
    keys: {
      employeeNo: mask(employeeNo),
      externalId: mask(externalId),
      phone: mask(phone),
      email: mask(email),
      name: reveal || name === null ? name : MASK
    },
    linked: mask(content.linked),
    candidates: content.candidates.map(({ by, employee }) => ({ by, employee: mask(employee) })),
    decisions: content.decisions.map((one) => ({ ...one, from: mask(one.from), to: mask(one.to) })),
    event: reveal ? event : maskEvent(event),
    revealed: reveal
  } satisfies HeldView
}, Effect.scoped)

export const heldExport = Effect.fnUntraced(function* (file: string, filter: HeldFilter, reveal: boolean) {
  const desk = yield* openDesk(file)
  const mask = masking(reveal)
  const people = yield* desk.people(filter, EXPORT_MAX)
  return exportText(
    people.map((one): HeldPerson => ({
      ...one,
      learner: mask(one.learner),
      employeeNo: mask(one.employeeNo),
      externalId: mask(one.externalId),
      phone: mask(one.phone),
      email: mask(one.email),
      name: reveal || one.name === null ? one.name : MASK
    }))
  )
}, Effect.scoped)

const resolveAll = Effect.fnUntraced(function* (
  file: string,
  orders: ReadonlyArray<ResolveOrder>,
  empty: number,
  named: Named
) {
  const desk = yield* openDesk(file)
  const people = orders.length === 0 ? [] : yield* desk.resolve(orders, named.by ?? operator())
  return {
    people: people.map(({ filed, held: waiting, learner, result }) => ({
      result,
      learner: masking(false)(learner),
      filed,
      held: waiting
    })),
    already: orders.length - people.length,
    empty
  } satisfies HeldResolution
}, Effect.scoped)

export const heldResolve = (file: string, subject: string, to: string, named: Named) =>
  resolveAll(file, [{ place: 0, subject, employee: to, why: named.why }], 0, named)

export const heldImport = Effect.fnUntraced(function* (file: string, lines: string, named: Named) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(lines).pipe(
    Effect.mapError(
      () =>
        new HeldFileUnreadable({
          message: `${lines} cannot be read: no such file, or no right to`,
          file: lines
        })
    )
  )
  const { empty, orders } = yield* readOrders(lines, text, named.why)
  return yield* resolveAll(file, orders, empty, named)
})

export const heldAside = Effect.fnUntraced(function* (
  file: string,
  subject: string,
  ignore: boolean,
  { by, why }: Named
) {
  const desk = yield* openDesk(file)
  return { ignored: ignore, results: yield* desk.setAside({ subject, ignore, by: by ?? operator(), why }) }
}, Effect.scoped)

export const relink = Effect.fnUntraced(function* (
  file: string,
  learner: string,
  to: string,
  { by, why }: Named
) {
  const desk = yield* openDesk(file)
  const { from, moved } = yield* desk.relink({ learner, to, by: by ?? operator(), why })
  return { moved, from: maskKey(from), to: maskKey(to) }
}, Effect.scoped)
