/**
 * The one connection to NATS that all ports of a process share.
 *
 * - It is opened at first use: building the layer never fails, the first question does, and the next one tries again.
 * - Once open it reconnects for ever. While it is down every call fails at once instead of waiting for its timeout, so
 *   that the first attempt after the server's return succeeds.
 * - Closing takes at most {@link CLOSE_MS}, whatever state the server is in.
 */
import { Context, Effect, Layer, Semaphore, type Scope } from "effect"
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection as DriverConnection } from "@nats-io/transport-node"
import { driverOptions } from "./driver-options.ts"
import { down, troubleOf, type NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"

/** Milliseconds JetStream's API may take to answer. */
const REQUEST_MS = 5_000

/** Milliseconds for what is still buffered to leave when the connection is closed. */
const CLOSE_MS = 1_000

/** An open connection, which may be down at the moment. */
export interface Link {
  readonly nats: DriverConnection
  readonly jetstream: JetStreamManager
  readonly isUp: () => boolean
  /** Calls back whenever the connection goes down, until the function that is returned is called. */
  readonly onDown: (listener: () => void) => () => void
  /** Calls back whenever the connection is up again. */
  readonly onUp: (listener: () => void) => () => void
}

export class NatsConnection extends Context.Service<
  NatsConnection,
  {
    /** The open connection; connects where there is none. */
    readonly link: Effect.Effect<Link, NatsTrouble>
    /** One question and its answer; fails at once where the connection is or goes down. */
    readonly ask: <A>(what: string, question: (link: Link) => Promise<A>) => Effect.Effect<A, NatsTrouble>
  }
>()("gradewire/jetstream/NatsConnection") {
  static readonly layer = (options: JetStreamOptions): Layer.Layer<NatsConnection> =>
    Layer.effect(NatsConnection, make(options))
}

const make = Effect.fnUntraced(function* (options: JetStreamOptions) {
  const log = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  const connecting = yield* Semaphore.make(1)
  let current: Link | undefined
  yield* Effect.addFinalizer(() => (current === undefined ? Effect.void : close(current)))

  const open = Effect.suspend(() => {
    if (current !== undefined && !current.nats.isClosed()) return Effect.succeed(current)
    return Effect.map(dial(options), ([nats, jetstream]) => {
      current = linkOf(nats, jetstream, (change) => void log(announce(options, change)))
      return current
    })
  })
  const link = Effect.suspend(() =>
    current !== undefined && !current.nats.isClosed()
      ? Effect.succeed(current)
      : Semaphore.withPermit(connecting, open)
  )
  const ask = <A>(what: string, question: (link: Link) => Promise<A>): Effect.Effect<A, NatsTrouble> =>
    Effect.flatMap(link, (link) => askOver(link, what, question))
  return NatsConnection.of({ link, ask })
})

const askOver = <A>(link: Link, what: string, question: (link: Link) => Promise<A>) =>
  Effect.callback<A, NatsTrouble>((resume) => {
    if (!link.isUp()) {
      resume(Effect.fail(down(what, "no connection to NATS")))
      return Effect.void
    }
    const forget = link.onDown(() => {
      forget()
      resume(Effect.fail(down(what, "the connection to NATS was lost")))
    })
    question(link)
      .then(
        (answer) => resume(Effect.succeed(answer)),
        (error: unknown) => resume(Effect.fail(troubleOf(what, error)))
      )
      .finally(forget)
    return Effect.sync(forget)
  })

type Dialled = readonly [DriverConnection, JetStreamManager]

const dial = (options: JetStreamOptions): Effect.Effect<Dialled, NatsTrouble> =>
  Effect.callback<Dialled, NatsTrouble>((resume) => {
    const what = `connecting to ${options.servers.join(", ")}`
    let abandoned = false
    const open = async (): Promise<Dialled> => {
      const nats = await connect(driverOptions(options))
      return [nats, await jetstreamManager(nats, { checkAPI: false, timeout: REQUEST_MS })]
    }
    open().then(
      (dialled) => (abandoned ? void dialled[0].close() : resume(Effect.succeed(dialled))),
      (error: unknown) => resume(Effect.fail(dialTrouble(options, what, error)))
    )
    return Effect.sync(() => {
      abandoned = true
    })
  })

/** The driver stumbles over its own `tls: null` where the server insists on TLS. */
const dialTrouble = (options: JetStreamOptions, what: string, error: unknown): NatsTrouble =>
  options.tls?.mode === "disable" && error instanceof Error && error.cause instanceof TypeError
    ? down(what, "the server demands TLS, and changeLog.tls.mode is disable")
    : troubleOf(what, error)

type Change = "down" | "up" | { readonly error: Error }

const linkOf = (
  nats: DriverConnection,
  jetstream: JetStreamManager,
  announce: (change: Change) => void
): Link => {
  const downListeners = new Set<() => void>()
  const upListeners = new Set<() => void>()
  let up = true
  const turn = (next: boolean): void => {
    if (up === next) return
    up = next
    for (const listener of next ? upListeners : downListeners) listener()
  }
  // Ends by itself when the connection closes.
  const follow = async (): Promise<void> => {
    for await (const status of nats.status()) {
      if (status.type === "disconnect") announce("down")
      else if (status.type === "reconnect") announce("up")
      else if (status.type === "error") announce({ error: status.error })
      if (status.type === "disconnect" || status.type === "close") turn(false)
      else if (status.type === "reconnect") turn(true)
    }
  }
  void follow()
  return {
    nats,
    jetstream,
    isUp: () => up && !nats.isClosed(),
    onDown: (listener) => listen(downListeners, listener),
    onUp: (listener) => listen(upListeners, listener)
  }
}

const listen = (listeners: Set<() => void>, listener: () => void): (() => void) => {
  // A listener of its own, so that one function registered twice is called and forgotten separately.
  const own = (): void => listener()
  listeners.add(own)
  return () => void listeners.delete(own)
}

const announce = (options: JetStreamOptions, change: Change): Effect.Effect<void> => {
  const annotations = { connector: options.connector, servers: options.servers.join(", ") }
  if (change === "down") return Effect.logWarning("connection to NATS lost, reconnecting", annotations)
  if (change === "up") return Effect.logInfo("connection to NATS is back", annotations)
  return Effect.logWarning("NATS reports an error", { ...annotations, error: change.error.message })
}

const close = (link: Link): Effect.Effect<void> =>
  // Draining waits for the server's answer, which never comes where it is down or frozen.
  Effect.promise(() => (link.isUp() ? link.nats.drain() : Promise.resolve())).pipe(
    Effect.andThen(Effect.promise(() => link.nats.close())),
    Effect.interruptible,
    Effect.timeoutOption(CLOSE_MS),
    Effect.andThen(Effect.sync(() => void link.nats.close().catch(() => undefined))),
    Effect.ignoreCause
  )
