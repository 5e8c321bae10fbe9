/** NATS with JetStream. */
import { randomUUID } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { join } from "node:path"
import type { Placement, Recipe } from "./recipe.ts"

const nameFile = (placement: Placement): string => join(placement.directory, "name")

/** The name by which this server is told from another one on the same port; kept over restarts. */
const serverName = async (placement: Placement): Promise<string> => {
  const kept = await readFile(nameFile(placement), "utf8").catch(() => "")
  if (kept !== "") return kept
  const made = `gradewire-${randomUUID()}`
  await writeFile(nameFile(placement), made)
  return made
}

/** Asks `PING` after `CONNECT`; JetStream has recovered its store by the time the server accepts clients. */
const greet = (port: number): Promise<{ server_name?: string; jetstream?: boolean }> =>
  new Promise((done, fail) => {
    let text = ""
    const socket = connect({ host: "127.0.0.1", port })
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
  launch: async (placement) => {
    const store = join(placement.directory, "data")
    await mkdir(store, { recursive: true })
    const flags = placement.settings.filter((setting) => setting.startsWith("-"))
    const lines = placement.settings.filter((setting) => !setting.startsWith("-"))
    const file = join(placement.directory, "nats.conf")
    // acknowledged writes reach the disk every two minutes by default; only `always` survives a power cut
    const interval = placement.durable ? "\n  sync_interval: always" : ""
    const configuration = [
      `server_name: ${await serverName(placement)}`,
      `jetstream {\n  store_dir: ${JSON.stringify(store)}${interval}\n}`,
      ...lines
    ]
    await writeFile(file, `${configuration.join("\n")}\n`)
    const args = ["-c", file, "-a", "127.0.0.1", "-p", String(placement.port), ...flags]
    return placement.installation.program(placement.installation.binary, args)
  },
  answer: async (placement) => {
    const { jetstream, server_name: name } = await greet(placement.port)
    if (name !== (await serverName(placement))) throw new Error(`another server answers there, ${name}`)
    if (jetstream !== true) throw new Error("JetStream is not enabled")
  },
  url: (host, port) => `nats://${host}:${port}`,
  shutdownSignal: "SIGTERM",
  discardSignal: "SIGKILL",
  refusesRoot: false
}
