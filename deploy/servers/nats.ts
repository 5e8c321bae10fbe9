/** NATS with JetStream. */
import { connect } from "node:net"
import { join } from "node:path"
import type { Recipe } from "./recipe.ts"

interface Greeting {
  readonly server_name?: string
  readonly version?: string
  readonly jetstream?: boolean
}

/** Asks `PING` after `CONNECT`; JetStream has recovered its store by the time the server accepts clients. */
const greet = (host: string, port: number): Promise<Greeting> =>
  new Promise((done, fail) => {
    let text = ""
    const socket = connect({ host, port })
    socket.setEncoding("utf8").setTimeout(5000, () => socket.destroy(new Error("no greeting within 5 s")))
    socket.on("error", fail)
    socket.on("close", () => fail(new Error("the connection was closed before PONG")))
    socket.on("data", (piece: string) => {
      const greeted = text.includes("\r\n")
      text += piece
      if (!greeted && text.includes("\r\n")) socket.write('CONNECT {"verbose":false}\r\nPING\r\n')
      if (!/\r\nPONG\r\n/.test(text)) return
      done(JSON.parse(text.slice("INFO ".length, text.indexOf("\r\n"))))
      socket.destroy()
    })
  })

export const natsRecipe: Recipe = {
  templateRevision: 0,
  initialise: undefined,
  flags: ({ directory, listen, port, settings }) => [
    `--config=${join(directory, "server.conf")}`,
    `--addr=${listen}`,
    `--port=${port}`,
    ...settings.filter((setting) => setting.startsWith("-"))
  ],
  configuration: ({ directory, durable, name, settings }) => {
    // acknowledged writes reach the disk every two minutes by default; only `always` survives a power cut
    const interval = durable ? "\n  sync_interval: always" : ""
    const lines = [
      `server_name: ${JSON.stringify(name)}`,
      `jetstream {\n  store_dir: ${JSON.stringify(join(directory, "data"))}${interval}\n}`,
      ...settings.filter((setting) => !setting.startsWith("-"))
    ]
    return `${lines.join("\n")}\n`
  },
  launch: (installation, _placement, flags) => installation.program(installation.binary, flags),
  answer: async (host, placement) => {
    const { jetstream, server_name: name, version } = await greet(host, placement.port)
    if (name !== placement.name) throw new Error(`another server answers there, ${name}`)
    if (jetstream !== true) throw new Error("JetStream is not enabled")
    return version ?? ""
  },
  url: (host, port) => `nats://${host}:${port}`,
  shutdownSignal: "SIGTERM",
  discardSignal: "SIGKILL",
  refusesRoot: false,
  image: "nats:2.15",
  imageEnvironment: () => ({})
}
