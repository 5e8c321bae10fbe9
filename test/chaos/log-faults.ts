/** Faults of NATS and of the stream. */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { JetStreamManager } from "@nats-io/jetstream"
import { hasStream, STREAM, withLog } from "./change-log.ts"
import { copyTree, replaceTree } from "./file-trees.ts"
import type { LogFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import { type History, until } from "./History.ts"

const ROOM_BYTES = 4096
/** The first start of capture makes the stream; other faults may be in its way. */
const STREAM_MS = 40_000

/** There is a stream to do something to. */
const toStream = (
  { servers }: History,
  act: (manager: JetStreamManager) => Promise<unknown>
): Promise<unknown> =>
  withLog(servers.changeLog, async (manager) => {
    if (!(await until(() => hasStream(manager), STREAM_MS))) throw new Error("capture never made its stream")
    await act(manager)
  })

export const logFaults: Readonly<Record<LogFaultKind, Fault>> = {
  "nats-restarted": async ({ servers: { changeLog } }, random) => {
    await changeLog.shutdown()
    await pause(random.whole(0, 1000))
    await changeLog.restart()
  },
  "nats-killed": async ({ servers: { changeLog } }, random) => {
    await changeLog.kill()
    await pause(random.whole(0, 1500))
    await changeLog.restart()
  },
  "nats-rolled-back": async ({ note, servers: { changeLog } }, random) => {
    const store = join(changeLog.directory, "data")
    const copy = join(changeLog.directory, "copy")
    await changeLog.kill()
    await copyTree(store, copy)
    await changeLog.restart()
    await pause(random.whole(300, 2500))
    await changeLog.kill()
    await replaceTree(store, copy)
    await changeLog.restart()
    note("  the store is an older copy of itself")
  },
  "stream-purged": async (history) => {
    await toStream(history, (manager) => manager.streams.purge(STREAM))
  },
  "stream-purged-while-down": async (history, random) => {
    await toStream(history, async (manager) => {
      const purged = Promise.withResolvers<void>()
      const kills = history.roles.map((role) => role.kill(purged.promise))
      await pause(random.whole(200, 800))
      await manager.streams.purge(STREAM).finally(purged.resolve)
      await Promise.all(kills)
    })
  },
  "stream-deleted": async (history) => {
    await toStream(history, (manager) => manager.streams.delete(STREAM))
  },
  "stream-full": async (history, random) => {
    await toStream(history, async (manager) => {
      const { state } = await manager.streams.info(STREAM)
      await manager.streams.update(STREAM, { max_bytes: state.bytes + ROOM_BYTES })
      await pause(random.whole(1000, 3000))
      await manager.streams.update(STREAM, { max_bytes: -1 })
    })
  },
  "consumers-deleted": async (history) => {
    await toStream(history, async (manager) => {
      for await (const { name } of manager.consumers.list(STREAM))
        await manager.consumers.delete(STREAM, name)
    })
  }
}
