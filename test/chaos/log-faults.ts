/** Faults of NATS and of the stream. */
import { type FileHandle, open, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { JetStreamManager } from "@nats-io/jetstream"
import type { Random } from "../../deploy/demo/Random.ts"
import { hasStream, STREAM, withLog } from "./change-log.ts"
import { copyTree, replaceTree } from "./file-trees.ts"
import type { LogFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import { type History, until } from "./History.ts"
import type { HrSession } from "./HrDatabase.ts"

const ROOM_BYTES = 4096
/** The first start of capture makes the stream; other faults may be in its way. */
const STREAM_MS = 40_000
/** So many messages must wait before one of them is deleted. */
const UNTAKEN = 4
const UNTAKEN_MS = 10_000

/** There is a stream to do something to. */
const toStream = (
  { servers }: History,
  act: (manager: JetStreamManager) => Promise<unknown>
): Promise<unknown> =>
  withLog(servers.changeLog, async (manager) => {
    if (!(await until(() => hasStream(manager), STREAM_MS))) throw new Error("capture never made its stream")
    await act(manager)
  })

/** Apply waits for its offset's row meanwhile, and reads the stream anew afterwards. */
const deleteUntaken = async (
  history: History,
  random: Random,
  manager: JetStreamManager,
  session: HrSession
): Promise<void> => {
  await session.rows("BEGIN")
  const rows = await session.rows<{ sequence: string }>(
    "SELECT stream_sequence AS sequence FROM gradewire.apply_offset FOR UPDATE"
  )
  const taken = Math.max(0, ...rows.map(({ sequence }) => Number(sequence)))
  const last = async (): Promise<number> => (await manager.streams.info(STREAM)).state.last_seq
  if (await until(async () => (await last()) >= taken + UNTAKEN, UNTAKEN_MS)) {
    const sequence = random.whole(taken + 1, await last())
    await manager.streams.deleteMessage(STREAM, sequence)
    history.note(`  message ${sequence} of ${taken + 1} to ${await last()} is gone`)
  }
  await history.apply.kill()
  await session.rows("ROLLBACK")
}

const deleteMessage = async (history: History, random: Random): Promise<void> => {
  await toStream(history, (manager) =>
    history
      .hr((session) => deleteUntaken(history, random, manager, session))
      // another fault took the database or a process away: nothing to do it to
      .catch((error: unknown) => history.note(`  no message is deleted: ${String(error)}`))
  )
}

/** While NATS is down, with what it keeps beside the block: it must look at the block itself. */
const damage = async (
  history: History,
  harm: (file: FileHandle, size: number) => Promise<string>
): Promise<void> => {
  const { changeLog } = history.servers
  await toStream(history, async () => undefined)
  await pause(500)
  await changeLog.kill()
  const folder = join(changeLog.directory, "data/jetstream/$G/streams", STREAM, "msgs")
  const blocks = (await readdir(folder)).filter((name) => name.endsWith(".blk"))
  const newest = blocks.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1)!
  const file = await open(join(folder, newest), "r+")
  try {
    const { size } = await file.stat()
    if (size > 0) history.note(`  ${newest}: ${await harm(file, size)}`)
  } finally {
    await file.close()
  }
  await rm(join(folder, "index.db"), { force: true })
  await changeLog.restart()
}

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
  },
  "message-deleted": deleteMessage,
  "store-damaged": (history, random) =>
    damage(history, async (file, size) => {
      const place = Math.max(0, size - random.whole(1, Math.min(size, 6000)))
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, place)
      byte[0] = byte[0]! ^ (1 << random.whole(0, 7))
      await file.write(byte, 0, 1, place)
      return `byte ${place} of ${size} changed`
    }),
  "store-truncated": (history, random) =>
    damage(history, async (file, size) => {
      const cut = random.whole(1, Math.min(size, 6000))
      await file.truncate(size - cut)
      return `${cut} bytes of ${size} cut off`
    })
}
