/** What can go wrong in a life, one comment each; the ids are those of the fault catalogue that peers are tested by. */
import type { Life } from "./Life.ts"
import type { Role } from "./SimProcess.ts"

export type Fault =
  /** A process dies wherever it stands (K1–K7) and is started again. */
  | "kill"
  /** A process stops for a while, a second one starts meanwhile, and the first one wakes up (K7). */
  | "pause"
  /** Two processes of one role by mistake. */
  | "second"
  /** The log's server goes away for a while, answers in flight with it (N1, N2, N9). */
  | "log down"
  /** The log loses its tail: power loss, or an older copy of its store (N3). */
  | "log rolled back"
  /** All messages are removed; numbers go on (N4). */
  | "log purged"
  /** The oldest messages are removed: age limit, `nats stream purge --keep`. */
  | "log front purged"
  /** One message is removed from the middle of the stream. */
  | "log message removed"
  /** The stream is deleted and made anew; numbers start over (N4). */
  | "log recreated"
  /** The stream refuses what is new for a while (N6). */
  | "log full"
  /** Somebody divides the work of apply into another number of lanes. */
  | "lanes divided"
  /** The HR database comes back from an older copy (H7). */
  | "profile restored"
  /** A DBA sets the offset back and leaves the rows as they are. */
  | "offset set back"
  /** Connections to the training database break; it goes away for a while (S7). */
  | "source down"
  /** A new binlog file begins (S1). */
  | "binlog rotated"
  /** Old binlog files that nobody needs any more are removed. */
  | "binlog purged"
  /** Binlog files are removed that may still be needed (S2): capture must stop, loudly. */
  | "binlog purged too far"
  /** The server begins its history anew (S3): capture must stop, loudly. */
  | "binlog reset"
  /** A table is added to the mapping; both roles start again with it. */
  | "table added"
  /** A table is taken out of the mapping; both roles start again without it. */
  | "table removed"
  /** An operator has a table copied again, or pauses and resumes the copy. */
  | "copy commanded"
  /** The wall clock of the connector's machine jumps (C1). */
  | "clock jumps"
  /** Someone is hired whose scores may be waiting. */
  | "hired"

/** Faults that end the connector's story: what follows can only be a loud stop, or the end of this history. */
export const FATAL: ReadonlySet<Fault> = new Set<Fault>(["binlog purged too far", "binlog reset"])

export const WEIGHTS: ReadonlyArray<readonly [weight: number, fault: Fault]> = [
  [10, "kill"],
  [4, "pause"],
  [3, "second"],
  [3, "log down"],
  [3, "log rolled back"],
  [1, "log purged"],
  [2, "log front purged"],
  [1, "log message removed"],
  [1, "log recreated"],
  [2, "log full"],
  [1.5, "lanes divided"],
  [3, "profile restored"],
  [2, "offset set back"],
  [3, "source down"],
  [4, "binlog rotated"],
  [3, "binlog purged"],
  [0.15, "binlog purged too far"],
  [0.15, "binlog reset"],
  [1.5, "table added"],
  [1, "table removed"],
  [4, "copy commanded"],
  [2, "clock jumps"],
  [2, "hired"]
]

/** Faults after which the log alone does not hold all changes any more. */
export const LOSES_LOG: ReadonlySet<Fault> = new Set<Fault>([
  "log rolled back",
  "log purged",
  "log front purged",
  "log message removed",
  "log recreated"
])

const HOUR_MILLIS = 3_600_000

const otherRole = (life: Life): Role => life.world.chance.pick(["capture", "apply"] as const)

const backAfterAWhile = (life: Life, back: () => void): void =>
  void life.world.time.after(life.world.chance.between(1, 5000), back)

export const strike = (life: Life, fault: Fault): void => {
  const { world } = life
  const { chance, log, server, database } = world
  switch (fault) {
    case "kill":
      return life.kill(otherRole(life))
    case "pause":
      return life.pause(otherRole(life))
    case "second":
      return life.start(otherRole(life))
    case "log down":
      log.setDown(true)
      return backAfterAWhile(life, () => log.setDown(false))
    case "log rolled back": {
      const keep = chance.odds(0.1) ? 0 : log.lastSequence - chance.between(0, Math.min(25, log.lastSequence))
      return log.rollBack(Math.max(keep, (log.messages[0]?.sequence ?? 1) - 1))
    }
    case "log purged":
      return log.purge()
    case "log front purged":
      log.messages = log.messages.slice(chance.between(0, log.messages.length))
      return
    case "log message removed":
      // The last one would be a lost tail, not a hole.
      if (log.messages.length > 1) log.messages.splice(chance.between(0, log.messages.length - 2), 1)
      return
    case "log recreated":
      return log.recreate()
    case "log full":
      log.messagesMax = log.messages.length
      return backAfterAWhile(life, () => {
        log.messagesMax = Number.POSITIVE_INFINITY
      })
    case "lanes divided":
      // As the operator is told: the database first, then the configuration of what starts from now on.
      world.lanes = chance.between(1, 3)
      return life.divide()
    case "profile restored":
      return life.restoreProfile()
    case "offset set back": {
      const lane = database.lanes.length === 1 ? 0 : chance.between(0, database.lanes.length - 1)
      const offsets = world.witness.offsetsOf(lane)
      if (offsets.length === 0) return
      const former = chance.pick(offsets)
      database.change(lane, { offset: former, position: former.position })
      return world.witness.startOver()
    }
    case "source down":
      server.setDown(true)
      return backAfterAWhile(life, () => server.setDown(false))
    case "binlog rotated":
      return server.rotate()
    case "binlog purged":
      return server.purgeTo(life.oldestFileNeeded())
    case "binlog purged too far":
      server.rotate()
      return server.purgeTo(server.files.at(-1)!.number - chance.between(0, 1))
    case "binlog reset":
      return server.reset()
    case "table added":
      return life.remap(true)
    case "table removed":
      return life.remap(false)
    case "copy commanded": {
      const tables = ["lms.user", "lms.exam", "lms.drill", "lms.test", "lms.room"]
      const start = { command: "start", table: chance.pick(tables), where: null } as const
      return world.command(
        chance.odds(0.6) ? start : { command: chance.pick(["pause", "resume", "resume"] as const) }
      )
    }
    case "clock jumps":
      world.time.wallOffset = chance.between(-1, 1) * HOUR_MILLIS
      return
    case "hired":
      return world.hire(chance.between(1, 4))
  }
}
