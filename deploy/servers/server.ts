/** The door to real servers: `startServer(kind)` gives one that answers on 127.0.0.1 and belongs to this process alone. */
import type { RunningServer, StartOptions } from "./RunningServer.ts"

export type { RunningServer, ServerKind, StartOptions } from "./RunningServer.ts"

/** Starts a server of the kind. Rejects with an error that carries the command that fixes it, or the tail of the server's log. */
export const startServer = (kind: RunningServer["kind"], options: StartOptions = {}): Promise<RunningServer> =>
  Promise.reject(new Error(`${kind} in ${options.directory}: being built`))
