/** Faults of the training database. */
import { setTimeout as pause } from "node:timers/promises"
import type { Connection, RowDataPacket } from "mysql2/promise"
import { connectTraining } from "../../deploy/demo/training-database.ts"
import type { SourceFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import { type History, until } from "./History.ts"

/** The server stays there meanwhile. */
export const asRoot = <A>(history: History, act: (connection: Connection) => Promise<A>): Promise<A> =>
  history.withTraining(async () => {
    const connection = await connectTraining(history.servers.source)
    try {
      return await act(connection)
    } finally {
      connection.destroy()
    }
  })

/** People stop before and go on after; gradewire may still be reading what they did. */
const withoutPeople = async (history: History, act: () => Promise<void>): Promise<void> => {
  await history.workload.end()
  await history.withTraining(act)
  await history.workload.begin()
}

/** Binlog file where apply would go on after losing everything else. */
const neededFile = (history: History): Promise<string | undefined> =>
  history.hr(async (session) => {
    const [row] = await session.rows<{ file: string | null }>(
      "SELECT min(anchor_file) AS file FROM gradewire.apply_offset"
    )
    return row?.file ?? undefined
  })

export const sourceFaults: Readonly<Record<SourceFaultKind, Fault>> = {
  "source-killed": (history, random) =>
    withoutPeople(history, async () => {
      await history.servers.source.kill()
      await pause(random.whole(0, 1000))
      await history.servers.source.restart()
    }),
  "source-restarted": (history, random) =>
    withoutPeople(history, async () => {
      await history.servers.source.shutdown()
      await pause(random.whole(0, 1000))
      await history.servers.source.restart()
    }),
  "binlog-flushed": async (history, random) => {
    const rounds = random.whole(1, 5)
    for (let round = 0; round < rounds; round++) {
      await asRoot(history, (connection) => connection.query("FLUSH BINARY LOGS"))
      await pause(random.whole(0, 400))
    }
  },
  "binlog-purged": async (history) => {
    await asRoot(history, async (connection) => {
      await connection.query("FLUSH BINARY LOGS")
      const [rows] = await connection.query<Array<RowDataPacket & { Log_name: string }>>("SHOW BINARY LOGS")
      const newest = rows.at(-1)!.Log_name
      const isReached = await until(
        async () => (await neededFile(history).catch(() => undefined)) === newest,
        15_000
      )
      if (isReached) await connection.query("PURGE BINARY LOGS TO ?", [newest])
      history.note(`  purged up to ${newest}: ${isReached}`)
    })
  },
  "dump-thread-killed": async (history, random) => {
    const rounds = random.whole(1, 4)
    for (let round = 0; round < rounds; round++) {
      await asRoot(history, async (connection) => {
        const [rows] =
          await connection.query<Array<RowDataPacket & { Id: number; Command: string }>>("SHOW PROCESSLIST")
        for (const { Command, Id } of rows) {
          // it may have ended meanwhile
          if (Command.startsWith("Binlog Dump")) await connection.query("KILL ?", [Id]).catch(() => undefined)
        }
      })
      await pause(random.whole(50, 1200))
    }
  }
}
