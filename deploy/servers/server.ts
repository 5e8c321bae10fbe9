/** The door to real servers: `startServer(kind)` gives one that answers and belongs to this process alone. */
import { startDocker, wantsDocker } from "./docker.ts"
import { startLocal } from "./local.ts"
import type { RunningServer, StartOptions } from "./RunningServer.ts"

export type { RunningServer, ServerKind, StartOptions } from "./RunningServer.ts"

/**
 * Starts a server of the kind: in a container where a Docker engine answers, else as a process of this machine.
 * `GRADEWIRE_SERVERS` = `docker` | `local` | `packages` decides otherwise.
 *
 * Rejects with an error that carries the command that fixes it, or the tail of the server's log.
 */
export const startServer = async (
  kind: RunningServer["kind"],
  options: StartOptions = {}
): Promise<RunningServer> => ((await wantsDocker()) ? startDocker(kind, options) : startLocal(kind, options))
