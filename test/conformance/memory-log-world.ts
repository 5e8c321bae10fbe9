/** A world of fakes: one log in memory. */
import { Layer } from "effect"
import { layerMemoryChangeFeed } from "../support/fakes/MemoryChangeFeed.ts"
import { layerMemoryChangeLog } from "../support/fakes/MemoryChangeLog.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import {
  layerMemoryApplyProgress,
  layerMemoryProgressDesk,
  MemoryDesks
} from "../support/fakes/MemoryProgress.ts"
import type { OpenLogWorld } from "./log-world.ts"

export const openMemoryLogWorld: OpenLogWorld = () => {
  const log = new MemoryLog()
  const desks = new MemoryDesks()
  const at =
    <Given extends ReadonlyArray<unknown>>(change: (...given: Given) => void) =>
    (...given: Given): Promise<void> => {
      change(...given)
      return Promise.resolve()
    }
  return Promise.resolve({
    connector: "memory",
    ports: Layer.mergeAll(
      layerMemoryChangeLog(log),
      layerMemoryChangeFeed(log),
      layerMemoryApplyProgress(desks),
      layerMemoryProgressDesk(desks)
    ),
    levers: {
      crash: at(() => log.restart()),
      down: at(() => log.setDown(true)),
      up: at(() => log.setDown(false)),
      snapshot: () => {
        const { lastSequence } = log
        return Promise.resolve(at(() => log.rollBack(lastSequence)))
      },
      purge: at(() => log.purge()),
      remove: at(() => log.recreate()),
      publishForeign: at(() => log.appendForeign()),
      limit: at((messages: number | undefined) => {
        log.messagesMax = messages ?? Number.POSITIVE_INFINITY
      })
    }
  })
}
