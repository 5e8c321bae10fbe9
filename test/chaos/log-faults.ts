/** Faults of NATS and of the stream. */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { STREAM, withLog } from "./change-log.ts"
import { copyTree, replaceTree } from "./file-trees.ts"
import type { LogFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"

const ROOM_BYTES = 4096

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
  "stream-purged": async ({ servers: { changeLog } }) => {
    await withLog(changeLog, (manager) => manager.streams.purge(STREAM))
  },
  "stream-purged-while-down": async ({ roles, servers: { changeLog } }, random) => {
    const purged = Promise.withResolvers<void>()
    const kills = roles.map((role) => role.kill(purged.promise))
    await pause(random.whole(200, 800))
    await withLog(changeLog, (manager) => manager.streams.purge(STREAM)).finally(purged.resolve)
    await Promise.all(kills)
  },
  "stream-deleted": async ({ servers: { changeLog } }) => {
    await withLog(changeLog, (manager) => manager.streams.delete(STREAM))
  },
  "stream-full": async ({ servers: { changeLog } }, random) => {
    await withLog(changeLog, async (manager) => {
      const { state } = await manager.streams.info(STREAM)
      await manager.streams.update(STREAM, { max_bytes: state.bytes + ROOM_BYTES })
      await pause(random.whole(1000, 3000))
      await manager.streams.update(STREAM, { max_bytes: -1 })
    })
  },
  "consumers-deleted": async ({ servers: { changeLog } }) => {
    await withLog(changeLog, async (manager) => {
      for await (const { name } of manager.consumers.list(STREAM))
        await manager.consumers.delete(STREAM, name)
    })
  }
}
