/** What differs between the servers: how to make their first files, start them, ask whether they answer, and end them. */
import type { Installation } from "./installation.ts"
import type { Program } from "./run.ts"

/** The user a server runs as, where that is not the one who starts it. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

export interface Placement {
  readonly installation: Installation
  /** the server's own folder; its datadir or store is `data` below it */
  readonly directory: string
  readonly port: number
  readonly durable: boolean
  readonly settings: ReadonlyArray<string>
  readonly user: ServerUser | undefined
}

export interface Recipe {
  /** raise when `initialise` makes other files than before: cached templates are keyed by it */
  readonly templateRevision: number
  /** Fills `folder` with a fresh datadir that every server of this version starts from; undefined: it starts from nothing. */
  readonly initialise:
    | ((installation: Installation, folder: string, user: ServerUser | undefined) => Promise<void>)
    | undefined
  /** Writes configuration files where needed, and says what to run. */
  readonly launch: (placement: Placement) => Promise<Program>
  /** Resolves when this very server answers in its protocol; rejects while it does not. */
  readonly answer: (placement: Placement) => Promise<void>
  /** shape of the superuser's URL */
  readonly url: (host: string, port: number) => string
  /** ends it cleanly without waiting for its clients */
  readonly shutdownSignal: NodeJS.Signals
  /** ends it at once, leaving nothing outside its folder */
  readonly discardSignal: NodeJS.Signals
  /** must not run as root */
  readonly refusesRoot: boolean
}
