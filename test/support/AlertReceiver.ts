/** A local receiver of plain JSON alerts that keeps what it got. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import type { Notice } from "../../src/alerts/Notice.ts"

export class AlertReceiver {
  readonly notices: Array<Notice> = []
  /** False: it says that it is busy, and is asked again. */
  answers = true
  readonly #server: Server
  readonly url: string

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=t0ken`
  }

  static async open(): Promise<AlertReceiver> {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const receiver = new AlertReceiver(server)
    server.on("request", (request, response) => {
      const take = async () => {
        const notice = JSON.parse(await text(request)) as Notice
        if (receiver.answers) receiver.notices.push(notice)
        response.writeHead(receiver.answers ? 200 : 503).end(receiver.answers ? "taken" : "busy")
      }
      void take()
    })
    return receiver
  }

  /** The newest notice of an alert. */
  find(alert: string, state: Notice["state"] = "firing", subject = ""): Notice | undefined {
    return this.notices.findLast(
      (notice) => notice.alert === alert && notice.state === state && notice.subject === subject
    )
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
