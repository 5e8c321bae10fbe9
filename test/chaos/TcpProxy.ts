/**
 * A door between gradewire and one server, on 127.0.0.1, that can do what networks do: cut, freeze, slow down, refuse.
 *
 * - Bytes pass in order and unchanged, in both directions, or not at all.
 * - A framer names the pieces of the stream that matter to a test; whoever holds the door learns of each before it passes
 *   and says whether it does. So a fault can happen exactly before or behind a durable step of a server.
 */
import { createServer, connect, type Server, type Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

/** `request`: from gradewire to the server; `answer`: the other way. */
export type Side = "request" | "answer"

/** A run of bytes; `mark` names it where it matters to a test. */
export interface Piece {
  readonly bytes: Buffer
  readonly mark?: string | undefined
}

/** Cuts what arrives into pieces; keeps nothing back longer than a mark needs. */
export type Framer = (chunk: Buffer) => ReadonlyArray<Piece>

/** Framers of one connection; made anew for each. */
export type Framing = () => Readonly<Record<Side, Framer>>

/** What happens to a marked piece: it passes, it is lost with its connection, or its connection freezes before it. */
export type Ruling = "pass" | "cut" | "freeze"

export type Ruler = (side: Side, mark: string) => Ruling

interface Address {
  readonly host: string
  readonly port: number
}

export class TcpProxy {
  readonly host = "127.0.0.1"
  port = 0
  /** Asked for every marked piece before it passes; the first that objects decides. */
  readonly rulers = new Set<Ruler>()
  /** Told of every marked piece that the kernel has taken over. */
  readonly witnesses = new Set<(side: Side, mark: string) => void>()
  /** Milliseconds each chunk waits. */
  delayMs = 0
  /** New connections are closed at once. */
  refusing = false
  readonly #upstream: Address
  readonly #framing: Framing
  readonly #links = new Set<Link>()
  readonly #server: Server

  private constructor(upstream: Address, framing: Framing) {
    this.#upstream = upstream
    this.#framing = framing
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#accept(client))
  }

  static async open(upstream: Address, framing: Framing): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstream, framing)
    await new Promise<void>((done, fail) => {
      proxy.#server.once("error", fail)
      proxy.#server.listen({ port: 0, host: proxy.host }, done)
    })
    const address = proxy.#server.address()
    if (address === null || typeof address === "string") throw new Error("a TCP proxy has a port")
    proxy.port = address.port
    return proxy
  }

  /** Open connections. */
  get links(): number {
    return this.#links.size
  }

  /** Resets every connection. */
  cut(): void {
    for (const link of this.#links) link.cut()
  }

  /** Nothing passes any more, nothing is closed: half-open. */
  freeze(): void {
    for (const link of this.#links) link.freeze()
  }

  /** What was frozen flows again. */
  thaw(): void {
    for (const link of this.#links) link.thaw()
  }

  async close(): Promise<void> {
    this.refusing = true
    this.cut()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.resetAndDestroy()
      return
    }
    const link = new Link(this, client, connect(this.#upstream), this.#framing(), () =>
      this.#links.delete(link)
    )
    this.#links.add(link)
  }
}

class Link {
  readonly #sockets: Readonly<Record<Side, Socket>>
  #frozen: PromiseWithResolvers<void> | undefined
  #isCut = false
  readonly #over: () => void

  constructor(
    proxy: TcpProxy,
    client: Socket,
    server: Socket,
    framers: Readonly<Record<Side, Framer>>,
    over: () => void
  ) {
    // keyed by the side whose bytes the socket takes
    this.#sockets = { request: server, answer: client }
    this.#over = over
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on("error", () => this.cut())
      socket.on("close", () => this.cut())
    }
    void this.#carry(proxy, "request", client, framers.request)
    void this.#carry(proxy, "answer", server, framers.answer)
  }

  freeze(): void {
    this.#frozen ??= Promise.withResolvers<void>()
  }

  thaw(): void {
    this.#frozen?.resolve()
    this.#frozen = undefined
  }

  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    this.thaw()
    this.#over()
    for (const socket of Object.values(this.#sockets)) socket.resetAndDestroy()
  }

  /** Ends by itself when either socket is closed. */
  async #carry(proxy: TcpProxy, side: Side, from: Socket, framer: Framer): Promise<void> {
    try {
      for await (const chunk of from) {
        if (proxy.delayMs > 0) await pause(proxy.delayMs)
        for (const { bytes, mark } of framer(chunk as Buffer)) await this.#forward(proxy, side, bytes, mark)
      }
    } catch {
      // a socket that was reset
    }
    this.cut()
  }

  async #forward(proxy: TcpProxy, side: Side, bytes: Buffer, mark: string | undefined): Promise<void> {
    if (mark !== undefined) {
      const ruling = rule(proxy.rulers, side, mark)
      if (ruling === "cut") return this.cut()
      if (ruling === "freeze") this.freeze()
    }
    while (this.#frozen !== undefined) await this.#frozen.promise
    if (this.#isCut) return
    const to = this.#sockets[side]
    const isFull = !to.write(bytes, () => {
      if (mark !== undefined) for (const witness of proxy.witnesses) witness(side, mark)
    })
    if (isFull && !to.destroyed) {
      await Promise.race([
        new Promise((done) => to.once("drain", done)),
        new Promise((done) => to.once("close", done))
      ])
    }
  }
}

const rule = (rulers: ReadonlySet<Ruler>, side: Side, mark: string): Ruling => {
  for (const ruler of rulers) {
    const ruling = ruler(side, mark)
    if (ruling !== "pass") return ruling
  }
  return "pass"
}
