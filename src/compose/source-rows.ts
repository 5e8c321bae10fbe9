/**
 * The training database as reconciling reads it: by the snapshot's chunks and the stream's encoder, so that stream, copy
 * and comparison mean the same by every row.
 */
import { Effect, Layer } from "effect"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { timeZone, utcToLocal, type TimeZone } from "../../schemas/civil-time.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { binlogFileNumber, positionIn, transactionPrefix } from "../../schemas/position.ts"
import { Undecodable, type RowImage } from "../capture/ChangeSource.ts"
import { compileRowsEncoder, type RowsEncoder } from "../capture/encode-rows.ts"
import { keyText, splitKeyText } from "../capture/field-text.ts"
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
  readonly canonical: (event: string) => string
}

export const layerSourceRows = (loaded: LoadedConfig) =>
  Layer.unwrap(
    Effect.map(sourceOptions(loaded), (options) =>
      Layer.effect(SourceRows, make(loaded)).pipe(Layer.provide(MySqlSnapshotSource.layer(options)))
    )
  )

const readersOf = (config: LoadedConfig["config"], zone: TimeZone): ReadonlyMap<string, Reader> => {
  const normaliser = new KeyNormaliser(keyRulesOf(config.employees))
  const canonical = (event: string): string =>
    JSON.stringify(normaliseChanges([JSON.parse(event) as ChangeEvent], normaliser)[0])
  return new Map(
    config.tables.map((table): [string, Reader] => {
      const plan = planTable(table)
      const columns = plan.key.map((index) => plan.wanted.columns[index]!)
      const encode = compileRowsEncoder(plan, config.connector, zone)
      const form = hasPersonalKeys(table) ? canonical : (event: string) => event
      return [table.table, { config: table, plan, columns, encode, canonical: form }]
    })
  )
}

const make = Effect.fnUntraced(function* ({ config }: LoadedConfig) {
  const snapshots = yield* SnapshotSource
  const zone = timeZone(config.source.timeZone) ?? 0
  const readers = readersOf(config, zone)
  const read = (table: string, request: Pick<ChunkRequest, "after" | "keys" | "only" | "rowsMax">) =>
    Effect.gen(function* () {
      const { columns, plan } = readers.get(table)!
      const server = yield* snapshots.server
      // Everything is before it: nobody waits for the stream here.
      const processed = { file: "", position: 0, gtid: null, server }
      const chunk = yield* snapshots.readChunk({
        ...request,
        table: plan.wanted,
        key: columns,
        where: undefined,
        processed
      })
      return { chunk, high: markOf(chunk, server) }
    })
  const encoded = (table: string, chunk: SnapshotChunk) => {
    const reader = readers.get(table)!
    return Effect.try({ try: () => rowsOf(reader, chunk.rows), catch: (error) => error as Undecodable })
  }
  const find = (
    table: string,
    keys: ReadonlyArray<ReadonlyArray<string>>
  ): Effect.Effect<{ readonly rows: ReadonlyArray<SourceRow>; readonly high: SourceMark }, SourceFailure> =>
    Effect.gen(function* () {
      const { chunk, high } = yield* read(table, {
        after: undefined,
        keys,
        only: undefined,
        rowsMax: 2 * keys.length + 1
      })
      return { rows: yield* encoded(table, chunk), high }
    })
  return SourceRows.of({
    page: (table, after, rowsMax, scope) =>
      Effect.gen(function* () {
        const { config: each } = readers.get(table)!
        const only = choicesOf(each, scope, zone)
        const { chunk, high } = yield* read(table, { after, keys: undefined, only, rowsMax })
        return { rows: yield* encoded(table, chunk), last: chunk.last, isEnd: chunk.isEnd, high }
      }),
    find: (table, ids) => {
      const { columns, config: each } = readers.get(table)!
      const keys = ids.flatMap((id) => {
        const key = splitKeyText(each.as === "score" ? id.slice(table.length + 1) : id, columns.length)
        return key === undefined ? [] : [key]
      })
      return foundInParts(keys, (part) => find(table, part))
    }
  })
})

type SourceFailure = Effect.Error<ReturnType<SnapshotSource["Service"]["readChunk"]>>

/** A key that its column's type cannot hold refuses the whole query, and is in no row. */
const foundInParts = (
  keys: ReadonlyArray<ReadonlyArray<string>>,
  find: (
    keys: ReadonlyArray<ReadonlyArray<string>>
  ) => Effect.Effect<{ readonly rows: ReadonlyArray<SourceRow>; readonly high: SourceMark }, SourceFailure>
): ReturnType<typeof find> =>
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

const markOf = ({ high }: SnapshotChunk, server: string): SourceMark => ({
  ...high,
  server,
  fileNumber: binlogFileNumber(high.file) ?? 0
})

const PERSONAL_KEYS = ["employeeNo", "phone", "email"]

const hasPersonalKeys = (table: TableConfig): boolean =>
  (table.as === "score" || table.as === "learner") && PERSONAL_KEYS.some((name) => name in table.fields)

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
    event: canonical(events[index]!)
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
