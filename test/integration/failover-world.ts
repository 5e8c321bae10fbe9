/** Two real servers that replicate from each other by GTID, and what a capture of theirs left in the log. */
import { afterAll, beforeAll } from "vitest"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { connectNode, replicate, STANDBY_SETTINGS, type Node } from "../support/replication.ts"

const START_MILLIS = 300_000

/** Registers two empty servers, `b` a replica of `a`, with the describe block it is called in. */
export const failoverWorld = (kind: ServerKind, settings: ReadonlyArray<string> = []) => {
  const nodes = new Map<"a" | "b", Node>()
  const node = (name: "a" | "b"): Node => nodes.get(name)!
  const start = async (name: "a" | "b") => {
    const standby = kind === "mariadb" ? STANDBY_SETTINGS.mariadb : STANDBY_SETTINGS.mysql
    const server = await startServer(kind, { progress: () => {}, settings: [...standby, ...settings] })
    nodes.set(name, await connectNode(server))
  }
  beforeAll(async () => {
    await Promise.all([start("a"), start("b")])
    await replicate(node("b"), node("a"))
    await node("a").query("CREATE DATABASE lms")
  }, START_MILLIS)
  afterAll(async () => {
    for (const { close, server } of nodes.values()) {
      close()
      await server.stop()
    }
  })
  return node
}

/** Every event of the log, in order. */
export const eventsOf = (log: MemoryLog): ReadonlyArray<ChangeEvent> =>
  log.messages.flatMap(({ head, body }) =>
    head?.kind === "segment" ? (JSON.parse(Buffer.from(body).toString()) as ReadonlyArray<ChangeEvent>) : []
  )

/** What an event says, without where it stood: two servers name the same change differently. */
export const contentOf = ({ data, type }: ChangeEvent): string => JSON.stringify([type, data])
