/** Rows sent again by the running capture, asked over NATS as `gradewire snapshot start --key` asks it. */
import { Effect, Layer } from "effect"
import { askSnapshot } from "../../connectors/jetstream/NatsSnapshotAsk.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import type { SnapshotCommand } from "../../schemas/snapshot-command.ts"
import { RowSender } from "../reconcile/RowSender.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions } from "./options.ts"

const LOOK_MILLIS = 200

export const layerRowSender = (loaded: LoadedConfig, waitMillis: number) =>
  Layer.unwrap(
    Effect.map(changeLogOptions(loaded), (log) =>
      Layer.effect(RowSender, make(loaded, log, waitMillis)).pipe(Layer.provide(NatsConnection.layer(log)))
    )
  )

const make = Effect.fnUntraced(function* (
  { config }: LoadedConfig,
  log: Effect.Success<ReturnType<typeof changeLogOptions>>,
  waitMillis: number
) {
  const connection = yield* NatsConnection
  const ask = (command: SnapshotCommand) =>
    askSnapshot(log, command).pipe(Effect.provideService(NatsConnection, connection))
  const scores = new Set(config.tables.flatMap(({ as, table }) => (as === "score" ? [table] : [])))
  const keyOf = (table: string, id: string) => (scores.has(table) ? id.slice(table.length + 1) : id)
  /** Another copy of the table comes first. One that an operator has paused is not waited for longer than told. */
  const send = Effect.fnUntraced(function* (table: string, command: SnapshotCommand) {
    let left = Math.ceil(waitMillis / LOOK_MILLIS)
    let status = yield* ask(command).pipe(
      Effect.tapError((error) =>
        error._tag === "SnapshotRunning" && left-- > 0 ? Effect.sleep(LOOK_MILLIS) : Effect.void
      ),
      Effect.retry({ while: (error) => error._tag === "SnapshotRunning" && left > 0 })
    )
    const isOpen = () =>
      status.tables.some(
        (entry) => entry.table === table && entry.state !== "done" && entry.state !== "canceled"
      )
    while (isOpen() && left-- > 0) {
      yield* Effect.sleep(LOOK_MILLIS)
      status = yield* ask({ command: "status" })
    }
  })
  return RowSender.of({
    copy: (table, ids) =>
      send(table, { command: "start", table, where: null, keys: ids.map((id) => keyOf(table, id)) }),
    revoke: (table, rows) =>
      send(table, {
        command: "revoke",
        table,
        rows: rows.map(({ id, learner }) => ({ key: keyOf(table, id), learner }))
      })
  })
})
