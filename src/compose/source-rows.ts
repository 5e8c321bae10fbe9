/**
 * The training database as reconciling reads it: by the snapshot's chunks and the stream's encoder, so that stream, copy
 * and comparison mean the same by every row.
 */
import { Effect, Layer } from "effect"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import { MySqlRowTexts } from "../../connectors/mysql/MySqlRowTexts.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { timeZone, utcToLocal, type TimeZone } from "../../schemas/civil-time.ts"
import { LEARNER_KEYS } from "../../schemas/employees-config.ts"
import { ANSWER_SECONDS } from "../../schemas/reconcile-config.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { binlogFileNumber, positionIn, transactionPrefix } from "../../schemas/position.ts"
import { Undecodable, type RowImage, type Value } from "../capture/ChangeSource.ts"
import { compileRowsEncoder, type RowsEncoder } from "../capture/encode-rows.ts"
import { RowTexts } from "../capture/RowTexts.ts"
import { keyText, keyTextOf, splitKeyText } from "../capture/field-text.ts"
import {
  SnapshotSource,
  type ChunkRequest,
  type RowChoice,
  type SnapshotChunk
} from "../capture/SnapshotSource.ts"
import { planTable, type TablePlan } from "../capture/table-plan.ts"
import { KeyNormaliser } from "../identity/KeyNormaliser.ts"
import { keyRulesOf } from "../identity/key-rules.ts"
import { normaliseChanges } from "../identity/normalise-changes.ts"
import { SourceRows, type SourceMark, type SourceRow, type SourceScope } from "../reconcile/SourceRows.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { sourceOptions } from "./options.ts"

/** A position that no change has: what is sent to be compared is newer than everything. */
const PREFIX = transactionPrefix(9999, 0, 0)

interface Reader {
  readonly config: TableConfig
  readonly plan: TablePlan
  readonly encode: RowsEncoder
  readonly columns: ReadonlyArray<string>
  /** As apply does it before it files anything; only where keys of people are mapped. */
  readonly canonical: (event: string, image: RowImage) => string
}

export const layerSourceRows = (loaded: LoadedConfig) =>
  Layer.unwrap(
    Effect.map(sourceOptions(loaded), (source) => {
      const options = { ...source, answerSeconds: loaded.config.reconcile?.answerSeconds ?? ANSWER_SECONDS }
      return Layer.effect(SourceRows, make(loaded)).pipe(
        Layer.provide(Layer.merge(MySqlSnapshotSource.layer(options), MySqlRowTexts.layer(options)))
      )
    })
  )

const readersOf = (config: LoadedConfig["config"], zone: TimeZone): ReadonlyMap<string, Reader> => {
  const normaliser = new KeyNormaliser(keyRulesOf(config.employees))
  const canonical = (event: string): string =>
    JSON.stringify(normaliseChanges([JSON.parse(event) as ChangeEvent], normaliser)[0])
  /** Nearly all keys are canonical already; then the event stays as it is. */
  const canonicalOf = (table: TableConfig, { wanted }: TablePlan): Reader["canonical"] => {
    const fields: Readonly<Record<string, string | undefined>> = table.as === "row" ? {} : table.fields
    const keys = LEARNER_KEYS.map((kind) => [kind, wanted.columns.indexOf(fields[kind] ?? "")] as const)
    const mapped = keys.filter(([, at]) => at >= 0)
    const isCanonical = (kind: (typeof LEARNER_KEYS)[number], value: Value): boolean =>
      value === null ||
      value === undefined ||
      value === "" ||
      normaliser.normalise(kind, String(value)) === String(value)
    return (event, image) =>
      mapped.every(([kind, at]) => isCanonical(kind, image[at])) ? event : canonical(event)
  }
  return new Map(
    config.tables.map((table): [string, Reader] => {
      const plan = planTable(table)
      const columns = plan.key.map((index) => plan.wanted.columns[index]!)
      const encode = compileRowsEncoder(plan, config.connector, zone)
      return [table.table, { config: table, plan, columns, encode, canonical: canonicalOf(table, plan) }]
    })
  )
}

type Ids = ReadonlyArray<string>
type Keys = ReadonlyArray<ReadonlyArray<string>>
interface Found {
  readonly rows: ReadonlyArray<SourceRow>
  readonly high: SourceMark
}

const make = Effect.fnUntraced(function* ({ config }: LoadedConfig) {
  const snapshots = yield* SnapshotSource
  const written = yield* RowTexts
  const zone = timeZone(config.source.timeZone) ?? 0
  const readers = readersOf(config, zone)
  const readerOf = (table: string): Reader => readers.get(table)!
  const read = (
    { plan }: Reader,
    request: Pick<ChunkRequest, "after" | "keys" | "only" | "rowsMax" | "key">,
    columns = plan.wanted.columns
  ) =>
    Effect.gen(function* () {
      const server = yield* snapshots.server
      // Everything is before it: nobody waits for the stream here.
      const processed = { file: "", position: 0, gtid: null, server }
      const table = { ...plan.wanted, columns }
      const chunk = yield* snapshots.readChunk({ ...request, table, where: undefined, processed })
      return { chunk, high: markOf(chunk.high, server) }
    })
  const find = (reader: Reader, keys: Keys): Effect.Effect<Found, SourceFailure> =>
    Effect.gen(function* () {
      const { chunk, high } = yield* read(reader, { ...byKeys(keys), key: reader.columns })
      return { rows: yield* encoded(reader, chunk), high }
    })
  const findKeys = (reader: Reader, keys: Keys): Effect.Effect<Found, SourceFailure> =>
    Effect.gen(function* () {
      const { chunk, high } = yield* read(reader, { ...byKeys(keys), key: reader.columns }, reader.columns)
      return { rows: chunk.rows.map((key) => ({ id: idOf(reader.config, key), event: "" })), high }
    })
  const absent = (reader: Reader, ids: Ids) =>
    Effect.gen(function* () {
      const keys = keysOf(reader, ids)
      if (keys.length === ids.length) {
        const { high, isSure } = yield* written.holdsAll(reader.plan, keys)
        if (isSure) return { ids: [], high: markOf(high, yield* snapshots.server) }
      }
      const { high, rows } = yield* foundInParts(keys, (part) => findKeys(reader, part))
      const there = new Set(rows.map(({ id }) => id))
      return { ids: ids.filter((id) => !there.has(id)), high }
    })
  return SourceRows.of({
    page: (table, after, rowsMax, scope) =>
      Effect.gen(function* () {
        const reader = readerOf(table)
        const only = choicesOf(reader.config, scope, zone)
        const request = { after, keys: undefined, only, rowsMax, key: reader.columns }
        const { chunk, high } = yield* read(reader, request)
        return { rows: yield* encoded(reader, chunk), last: chunk.last, isEnd: chunk.isEnd, high }
      }),
    obstacle: (table) => written.obstacle({ plan: readerOf(table).plan, zone }),
    texts: (table, after, rowsMax, scope) =>
      Effect.gen(function* () {
        const { config: each, plan } = readerOf(table)
        const request = { after, only: choicesOf(each, scope, zone), rowsMax }
        const { high, unwritten, ...page } = yield* written.read({ plan, zone }, request)
        const server = yield* snapshots.server
        return { ...page, unwritten: unwritten.map((key) => idOf(each, key)), high: markOf(high, server) }
      }),
    absent: (table, ids) => absent(readerOf(table), ids),
    find: (table, ids) => {
      const reader = readerOf(table)
      return foundInParts(keysOf(reader, ids), (part) => find(reader, part))
    }
  })
})

const byKeys = (keys: Keys) => ({
  after: undefined,
  keys,
  only: undefined,
  rowsMax: 2 * keys.length + 1
})

const encoded = (reader: Reader, { rows }: SnapshotChunk) =>
  Effect.try({ try: () => rowsOf(reader, rows), catch: (error) => error as Undecodable })

const idOf = ({ as, table }: TableConfig, key: RowImage): string =>
  as === "score" ? `${table}:${keyTextOf(key)}` : keyTextOf(key)

/** Keys of ids, where they can be keys at all. */
const keysOf = ({ columns, config: { as, table } }: Reader, ids: Ids): Keys =>
  ids.flatMap((id) => {
    const key = splitKeyText(as === "score" ? id.slice(table.length + 1) : id, columns.length)
    return key === undefined ? [] : [key]
  })

type SourceFailure = Effect.Error<ReturnType<SnapshotSource["Service"]["readChunk"]>>

/** A key that its column's type cannot hold refuses the whole query, and is in no row. */
const foundInParts = (
  keys: Keys,
  find: (keys: Keys) => Effect.Effect<Found, SourceFailure>
): Effect.Effect<Found, SourceFailure> =>
  find(keys).pipe(
    Effect.catch((error) => {
      if (!(error instanceof Undecodable) || !error.message.includes("--key") || keys.length === 0) {
        return Effect.fail(error)
      }
      if (keys.length === 1) return find([])
      const half = keys.length >> 1
      return Effect.map(
        Effect.all([foundInParts(keys.slice(0, half), find), foundInParts(keys.slice(half), find)]),
        ([first, second]) => ({ rows: [...first.rows, ...second.rows], high: second.high })
      )
    })
  )

const markOf = (high: SnapshotChunk["high"], server: string): SourceMark => ({
  ...high,
  server,
  fileNumber: binlogFileNumber(high.file) ?? 0
})

const rowsOf = (
  { canonical, config, encode, plan }: Reader,
  images: ReadonlyArray<RowImage>
): ReadonlyArray<SourceRow> => {
  const events: Array<string> = []
  const context = {
    file: "",
    position: 0,
    prefix: PREFIX,
    idPrefix: "verify:",
    time: "1970-01-01T00:00:00Z",
    copiedFrom: 1
  }
  const sink = {
    knownUpTo: positionIn(PREFIX, 0),
    add: (_: string, __: string, json: string) => events.push(json)
  }
  encode(
    context,
    { _tag: "Rows", table: 0, change: "insert", index: 0, before: undefined, after: images },
    sink
  )
  const prefix = config.as === "score" ? `${config.table}:` : ""
  return images.map((image, index) => ({
    id: prefix + keyText(plan.key, image)!,
    event: canonical(events[index]!, image)
  }))
}

const choicesOf = (
  config: TableConfig,
  { assessment, learners, since }: SourceScope,
  zone: TimeZone
): ReadonlyArray<RowChoice> => {
  const fields: Readonly<Record<string, string | undefined>> = config.as === "row" ? {} : config.fields
  const choices: Array<RowChoice> = []
  if (config.as !== "score") return choices
  if (assessment !== undefined) choices.push({ column: fields["assessment"] ?? "", oneOf: [assessment] })
  if (learners !== undefined) choices.push({ column: fields["learner"] ?? "", oneOf: learners })
  if (since !== undefined) {
    const times = ["submittedAt", "gradedAt"].flatMap((name) => fields[name] ?? [])
    choices.push({ times, since, sinceLocal: utcToLocal(since, zone) ?? since })
  }
  return choices
}
