/** Faults of the HR database. */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Client } from "pg"
import type { Random } from "../../deploy/demo/Random.ts"
import { copyTree, replaceTree } from "./file-trees.ts"
import type { HrFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import type { History } from "./History.ts"

const backUp = async ({ servers: { target } }: History): Promise<string> => {
  const copy = join(target.directory, "copy")
  await target.shutdown()
  await copyTree(join(target.directory, "data"), copy)
  await target.restart()
  return copy
}

const restore = async (history: History, copy: string): Promise<void> => {
  const { target } = history.servers
  await target.kill()
  await replaceTree(join(target.directory, "data"), copy)
  await rm(join(target.directory, "data", "postmaster.pid"), { force: true })
  await target.restart()
  // what HR entered since the copy was made is entered again
  await history.rehire()
  history.note("  the HR database is an older copy of itself")
}

/** Rolls back, whatever happened to the connection. */
const within = (history: History, act: (client: Client) => Promise<unknown>): Promise<void> =>
  history.hr(async (client) => {
    await client.query("BEGIN")
    try {
      await act(client)
    } finally {
      await client.query("ROLLBACK").catch(() => undefined)
    }
  })

/** Takes the locks of a batch in the opposite order; whoever waits longer than its own limit is the victim. */
const deadlock = async (history: History, random: Random): Promise<void> => {
  const patience = random.pick(["50ms", "20s"])
  const victim = await within(history, async (client) => {
    await client.query(`SET LOCAL deadlock_timeout = '${patience}'`)
    await client.query("SELECT FROM hr.training_record ORDER BY id DESC LIMIT 400 FOR UPDATE")
    await pause(random.whole(20, 400))
    await client.query("SELECT FROM gradewire.apply_offset FOR UPDATE")
  }).then(
    () => "nobody, or gradewire",
    (error: unknown) => `the other one: ${String(error)}`
  )
  history.note(`  victim of the deadlock: ${victim}`)
}

export const hrFaults: Readonly<Record<HrFaultKind, Fault>> = {
  "hr-killed": async ({ servers: { target } }, random) => {
    await target.kill()
    await pause(random.whole(0, 1500))
    await target.restart()
  },
  "hr-restarted": async ({ servers: { target } }, random) => {
    await target.shutdown()
    await pause(random.whole(0, 1500))
    await target.restart()
  },
  "hr-read-only": async (history, random) => {
    await history.hr(async (client) => {
      await client.query("ALTER SYSTEM SET default_transaction_read_only = on")
      await client.query("SELECT pg_reload_conf()")
      await pause(random.whole(500, 3000))
      await client.query("SET default_transaction_read_only = off")
      await client.query("ALTER SYSTEM RESET default_transaction_read_only")
      await client.query("SELECT pg_reload_conf()")
    })
  },
  "hr-sessions-terminated": async (history, random) => {
    const rounds = random.whole(1, 5)
    for (let round = 0; round < rounds; round++) {
      await history.hr((client) =>
        client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gradewire'")
      )
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
    await within(history, async (client) => {
      await client.query("LOCK TABLE hr.training_record IN ACCESS EXCLUSIVE MODE")
      await pause(random.whole(500, 4000))
    })
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
