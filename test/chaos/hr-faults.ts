/** Faults of the HR database. */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Random } from "../../deploy/demo/Random.ts"
import { copyTree, replaceTree } from "./file-trees.ts"
import type { HrFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import type { History } from "./History.ts"
import type { HrSession } from "./HrDatabase.ts"

const backUp = async ({ servers }: History): Promise<string> => {
  const target = servers.hr.server
  const copy = join(target.directory, "copy")
  await target.shutdown()
  await copyTree(join(target.directory, "data"), copy)
  await target.restart()
  return copy
}

const restore = async (history: History, copy: string): Promise<void> => {
  const { notInCopy, server: target } = history.servers.hr
  await target.kill()
  await replaceTree(join(target.directory, "data"), copy)
  for (const name of notInCopy) await rm(join(target.directory, "data", name), { force: true })
  await target.restart()
  // what HR entered since the copy was made is entered again
  await history.rehire()
  history.note("  the HR database is an older copy of itself")
}

/** Takes the locks of a batch in the opposite order; whoever waits longer than its own limit is the victim. */
const deadlock = async (history: History, random: Random): Promise<void> => {
  const patience = history.servers.hr.patience(random.chance(0.5))
  const lockBoth = async (session: HrSession): Promise<void> => {
    await session.rows("BEGIN")
    try {
      for (const statement of patience) await session.rows(statement)
      await session.rows("SELECT id FROM hr.training_record ORDER BY id DESC LIMIT 400 FOR UPDATE")
      await pause(random.whole(20, 400))
      await session.rows("SELECT epoch FROM gradewire.apply_offset FOR UPDATE")
    } finally {
      await session.rows("ROLLBACK").catch(() => undefined)
    }
  }
  const victim = await history.hr(lockBoth).then(
    () => "nobody, or gradewire",
    (error: unknown) => `the other one: ${String(error)}`
  )
  history.note(`  victim of the deadlock: ${victim}`)
}

export const hrFaults: Readonly<Record<HrFaultKind, Fault>> = {
  "hr-killed": async ({ servers: { hr } }, random) => {
    const target = hr.server
    await target.kill()
    await pause(random.whole(0, 1500))
    await target.restart()
  },
  "hr-restarted": async ({ servers: { hr } }, random) => {
    const target = hr.server
    await target.shutdown()
    await pause(random.whole(0, 1500))
    await target.restart()
  },
  "hr-read-only": async (history, random) => {
    const { setReadOnly } = history.servers.hr
    await history.hr(async (session) => {
      await setReadOnly(session, true)
      await pause(random.whole(500, 3000))
      await setReadOnly(session, false)
    })
  },
  "hr-sessions-terminated": async (history, random) => {
    const rounds = random.whole(1, 5)
    for (let round = 0; round < rounds; round++) {
      await history.hr(history.servers.hr.endSessionsOfGradewire)
      await pause(random.whole(50, 800))
    }
  },
  "hr-deadlocks": async (history, random) => {
    const rounds = random.whole(2, 5)
    for (let round = 0; round < rounds; round++) {
      await deadlock(history, random)
      await pause(random.whole(50, 400))
    }
  },
  "hr-locked": async (history, random) => {
    await history.hr((session) =>
      history.servers.hr.lockProfile(session, () => pause(random.whole(500, 4000)))
    )
  },
  "hr-restored-while-stopped": async (history, random) => {
    const copy = await backUp(history)
    await pause(random.whole(800, 2500))
    const restored = Promise.withResolvers<void>()
    const kills = history.roles.map((role) => role.kill(restored.promise))
    await pause(100)
    await restore(history, copy).finally(restored.resolve)
    await Promise.all(kills)
  },
  "hr-restored-while-running": async (history, random) => {
    const copy = await backUp(history)
    await pause(random.whole(800, 2500))
    await restore(history, copy)
  }
}
