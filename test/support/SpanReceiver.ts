/** A local OpenTelemetry collector for spans as JSON that keeps what it got. */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

export interface Span {
  readonly name: string
  readonly attributes: ReadonlyArray<{
    readonly key: string
    readonly value: Readonly<Record<string, unknown>>
  }>
}

interface Export {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: Pick<Span, "attributes">
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>
  }>
}

export class SpanReceiver {
  readonly exports: Array<Export> = []
  headers: IncomingHttpHeaders = {}
  path: string | undefined
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async open(): Promise<SpanReceiver> {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const receiver = new SpanReceiver(server)
    server.on("request", (request, response) => {
      const take = async () => {
        receiver.headers = request.headers
        receiver.path = request.url
        receiver.exports.push((await json(request)) as Export)
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      }
      void take()
    })
    return receiver
  }

  get spans(): ReadonlyArray<Span> {
    return this.exports.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    )
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
