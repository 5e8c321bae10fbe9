/** The door of the fault histories: bytes pass unchanged however they are cut, and durable steps are named. */
import { connect, createServer, type Server, type Socket } from "node:net"
import { once } from "node:events"
import * as fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"
import { mysqlFraming, natsFraming, postgresqlFraming } from "../../chaos/framers.ts"
import { type Framer, type Piece, TcpProxy } from "../../chaos/TcpProxy.ts"

const text = (value: string): Buffer => Buffer.from(value, "latin1")
const postgresql = (type: string, body: string): Buffer => {
  const message = Buffer.alloc(5 + body.length)
  message.write(type, 0, "latin1")
  message.writeUInt32BE(4 + body.length, 1)
  message.write(body, 5, "latin1")
  return message
}
const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0])
const packet = (sequence: number, body: string): Buffer => {
  const header = Buffer.alloc(4)
  header.writeUIntLE(body.length, 0, 3)
  header[3] = sequence
  return Buffer.concat([header, text(body)])
}

const STREAMS = [
  {
    name: "NATS requests",
    framer: () => natsFraming().request,
    bytes: Buffer.concat([
      text("CONNECT {}\r\nPING\r\nHPUB gradewire.c.segment _R.1 4 9\r\nHHHHHPUB \r\n"),
      text("PUB $JS.API.STREAM.INFO.S r 0\r\n\r\nHPUB gradewire.c.checkpoint r 2 4\r\nHHbb\r\n")
    ]),
    marks: ["segment", "asked", "checkpoint"]
  },
  {
    name: "NATS answers",
    framer: () => natsFraming().answer,
    bytes: text(
      'INFO {}\r\nMSG _R.1 1 24\r\n{"stream":"S","seq":123}\r\nHMSG gradewire.c.segment 2 r 2 4\r\nHHbb\r\n'
    ),
    marks: ["stored", "delivered"]
  },
  {
    name: "PostgreSQL requests",
    framer: () => postgresqlFraming().request,
    bytes: Buffer.concat([
      startup,
      postgresql("Q", "select 1\0"),
      postgresql("P", "gradewire_1_full_0\0with fence\0"),
      postgresql("B", "\0gradewire_1_full_0\0"),
      postgresql("S", ""),
      postgresql("P", "\0insert into gradewire.apply_offset as t\0"),
      postgresql("S", "")
    ]),
    marks: ["statement", "batch", "take-over"]
  },
  {
    name: "MySQL requests",
    framer: () => mysqlFraming().request,
    bytes: Buffer.concat([packet(1, "login"), packet(0, "\u0003SELECT 1"), packet(0, "\u0012rest")]),
    marks: ["dump"]
  }
]

const cutUp = (framer: Framer, bytes: Buffer, cuts: ReadonlyArray<number>): ReadonlyArray<Piece> => {
  const places = [0, ...[...cuts].map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
  return places.slice(1).flatMap((end, index) => [...framer(bytes.subarray(places[index], end))])
}

describe("the framers", () => {
  it.each(STREAMS)("name the steps in $name, however the bytes arrive (G1)", ({ bytes, framer, marks }) => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 8 }), (cuts) => {
        const pieces = cutUp(framer(), bytes, cuts)
        expect(Buffer.concat(pieces.map((piece) => piece.bytes))).toEqual(bytes)
        expect(pieces.flatMap(({ mark }) => (mark === undefined ? [] : [mark]))).toEqual(marks)
      })
    )
  })

  it("name the answers of PostgreSQL after the requests they belong to (G1)", () => {
    const { answer, request } = postgresqlFraming()
    // the end of the log-in is no answer to a request
    expect(answer(postgresql("Z", "I")).map(({ mark }) => mark)).toEqual([undefined])
    request(Buffer.concat([startup, postgresql("B", "\0gradewire_move\0"), postgresql("S", "")]))
    expect(answer(postgresql("Z", "I")).map(({ mark }) => mark)).toEqual(["batch"])
  })
})

describe("the TCP proxy", () => {
  const open: Array<{ close: () => unknown }> = []
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })

  const echo = async (): Promise<{ readonly host: string; readonly port: number }> => {
    const server: Server = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.pipe(socket)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    open.push(server)
    return { host: "127.0.0.1", port: (server.address() as { readonly port: number }).port }
  }
  const byLine = () => {
    const framer: Framer = (chunk) =>
      chunk
        .toString("latin1")
        .split(/(?<=\n)/)
        .map((line) => ({ bytes: text(line), mark: line.trim() }))
    return { request: framer, answer: (chunk: Buffer) => [{ bytes: chunk }] }
  }
  const dial = async (): Promise<{ readonly proxy: TcpProxy; readonly socket: Socket }> => {
    const proxy = await TcpProxy.open(await echo(), byLine)
    open.push(proxy)
    const socket = connect({ host: proxy.host, port: proxy.port })
    socket.on("error", () => undefined)
    await once(socket, "connect")
    return { proxy, socket }
  }

  it("carries bytes both ways and tells what has passed (G1)", async () => {
    const { proxy, socket } = await dial()
    const passed: Array<string> = []
    proxy.witnesses.add((side, mark) => passed.push(`${side} ${mark}`))
    socket.write("one\n")
    const [answer] = (await once(socket, "data")) as [Buffer]
    expect(answer.toString()).toBe("one\n")
    expect(passed).toEqual(["request one"])
  })

  it("loses a piece and its connection where a ruler says so (G1)", async () => {
    const { proxy, socket } = await dial()
    proxy.rulers.add((_side, mark) => (mark === "two" ? "cut" : "pass"))
    const heard: Array<string> = []
    socket.on("data", (chunk: Buffer) => heard.push(chunk.toString()))
    socket.write("one\ntwo\nthree\n")
    await new Promise((done) => socket.on("close", done))
    expect(heard.join("")).not.toContain("t")
    expect(proxy.links).toBe(0)
  })

  it("holds everything back while frozen and loses nothing when thawed (G1)", async () => {
    const { proxy, socket } = await dial()
    socket.write("one\n")
    await once(socket, "data")
    proxy.freeze()
    let heard = ""
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()))
    socket.write("two\n")
    await new Promise((done) => setImmediate(done))
    expect(heard).toBe("")
    proxy.thaw()
    await once(socket, "data")
    expect(heard).toBe("two\n")
  })
})
