/**
 * One chunk of the training database's rows, compared: which of them the HR database does not have as they are there.
 *
 * Where both databases can, the one writes its rows as texts and the other compares them, and nothing is looked at in
 * between. Else, and where a value of such a chunk is refused, each row goes through the stream's decoder and encoder. A
 * row that differs is only suspected in either case; what it is called is decided by the second way (`settle.ts`).
 */
import { Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import { ProfileView, type EqualRows } from "./ProfileView.ts"
import { bothEqual } from "./sums.ts"
import { SourceRows, type SourceCursor, type SourceMark, type SourceScope } from "./SourceRows.ts"

export interface ComparedPage {
  readonly rows: number
  readonly different: ReadonlyArray<string>
  readonly equal: EqualRows
  readonly last: SourceCursor | undefined
  readonly isEnd: boolean
  readonly high: SourceMark
}

export interface PageRequest {
  readonly table: string
  readonly after: SourceCursor | undefined
  readonly rowsMax: number
  readonly scope: SourceScope
}

type Step<A> = Effect.Effect<A, Failure, SourceRows | ProfileView>

/** Why the table's rows are read one by one; `undefined`: they are not. */
export const obstacleOf = (table: string): Step<string | undefined> =>
  Effect.gen(function* () {
    return (yield* (yield* SourceRows).obstacle(table)) ?? (yield* (yield* ProfileView).obstacle(table))
  })

export const comparedRows = ({ after, rowsMax, scope, table }: PageRequest): Step<ComparedPage> =>
  Effect.gen(function* () {
    const { high, isEnd, last, rows } = yield* (yield* SourceRows).page(table, after, rowsMax, scope)
    const { differing, equal } = yield* (yield* ProfileView).compare(table, rows)
    return { rows: rows.length, different: differing.map(({ id }) => id), equal, last, isEnd, high }
  })

export const comparedTexts = (request: PageRequest): Step<ComparedPage> =>
  Effect.gen(function* () {
    const { after, rowsMax, scope, table } = request
    const source = yield* SourceRows
    const profile = yield* ProfileView
    const { high, isEnd, last, texts, unwritten } = yield* source.texts(table, after, rowsMax, scope)
    const found = yield* profile.compareTexts(table, texts)
    if (found === undefined) return yield* comparedRows(request)
    const others = unwritten.length === 0 ? [] : (yield* source.find(table, unwritten)).rows
    const read = yield* profile.compare(table, others)
    const different = [...found.differing, ...read.differing].map(({ id }) => id)
    const equal = bothEqual(found.equal, read.equal)
    return { rows: texts.length + unwritten.length, different, equal, last, isEnd, high }
  })

/** Longer than this a chunk should not keep either server busy, as pt-table-checksum has it (`--chunk-time`). */
const CHUNK_MILLIS_MAX = 2000
const CHUNK_MILLIS_SHORT = 500
const ROWS_MIN = 100

/** Rows of the next chunk, from how long the last one took. @param most as the configuration has it */
export const nextRows = (rows: number, millis: number, most: number): number => {
  if (millis > CHUNK_MILLIS_MAX) return Math.min(most, Math.max(ROWS_MIN, rows >> 1))
  return millis < CHUNK_MILLIS_SHORT ? Math.min(most, rows * 2) : rows
}
