/** What differs between the servers: how to make their first files, start them, ask whether they answer, and end them. */
import type { Installation } from "./installation.ts"
import type { Program } from "./run.ts"

/** The user a server runs as, where that is not the one who starts it. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** Where one server lives, in its own eyes: inside a container the folder is another one than outside. */
export interface Placement {
  /** unique to this server; NATS bears it as its name */
  readonly name: string
  /** the server's own folder; its datadir or store is `data` below it */
  readonly directory: string
  /** address it listens on */
  readonly listen: string
  readonly port: number
  readonly durable: boolean
  readonly settings: ReadonlyArray<string>
}

export interface Recipe {
  /** raise when `initialise` makes other files than before: cached templates are keyed by it */
  readonly templateRevision: number
  /** Fills `folder` with a fresh datadir that every server of this version starts from; undefined: it starts from nothing. */
  readonly initialise:
    | ((installation: Installation, folder: string, user: ServerUser | undefined) => Promise<void>)
    | undefined
  /** flags of the server's binary that hold wherever it runs; the caller's settings stand last */
  readonly flags: (placement: Placement) => ReadonlyArray<string>
  /** text of its configuration file, which `flags` names as `server.conf` in its folder; undefined: it has none */
  readonly configuration: ((placement: Placement) => string) | undefined
  /** what to run on this machine, around those flags */
  readonly launch: (
    installation: Installation,
    placement: Placement,
    flags: ReadonlyArray<string>,
    user: ServerUser | undefined
  ) => Program
  /** Resolves with its version when this very server answers in its protocol; rejects while it does not. */
  readonly answer: (host: string, placement: Placement) => Promise<string>
  /** shape of the superuser's URL */
  readonly url: (host: string, port: number) => string
  /** ends it cleanly without waiting for its clients */
  readonly shutdownSignal: NodeJS.Signals
  /** ends it at once, leaving nothing outside its folder */
  readonly discardSignal: NodeJS.Signals
  /** must not run as root */
  readonly refusesRoot: boolean
  readonly image: string
  /** environment of the image that makes a superuser without a password, and puts its files into the placement's folder */
  readonly imageEnvironment: (placement: Placement) => Record<string, string>
}
