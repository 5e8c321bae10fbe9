/** What really arrives at a receiver, over HTTP, in the form that each kind documents; and what its answers mean. */
import { createHmac } from "node:crypto"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { Effect, Exit, Redacted } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { webhookReceiver } from "../../../connectors/webhook/receiver.ts"
import type { WebhookKind } from "../../../connectors/webhook/message.ts"
import type { Notice } from "../../../src/alerts/Notice.ts"

interface Arrival {
  readonly url: URL
  readonly type: string | undefined
  readonly body: Record<string, unknown>
}

let server: Server
let base: string
let arrivals: Array<Arrival>
let reply: { status: number; body: string; location?: string }

beforeEach(async () => {
  arrivals = []
  reply = { status: 200, body: "ok" }
  server = createServer((request, response) => {
    const take = async () => {
      const body = await text(request)
      arrivals.push({
        url: new URL(request.url!, "http://receiver"),
        type: request.headers["content-type"],
        body: JSON.parse(body) as Record<string, unknown>
      })
      const headers = reply.location === undefined ? {} : { location: reply.location }
      response.writeHead(reply.status, headers).end(reply.body)
    }
    void take()
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const NOTICE: Notice = {
  connector: "lms-hr",
  alert: "GradewireLagHigh",
  severity: "warning",
  state: "firing",
  subject: "",
  text: "scores reach the profile 1m 0s after the exam.",
  since: "2026-11-22T12:00:00Z",
  holder: "pod:1"
}

const send = (kind: WebhookKind, notice = NOTICE, secret?: string, path = "/robot/send?access_token=t0ken") =>
  Effect.runPromiseExit(
    webhookReceiver({
      name: "ops",
      kind,
      severity: "warning",
      url: Redacted.make(`${base}${path}`),
      secret: secret === undefined ? undefined : Redacted.make(secret)
    }).send(notice)
  )

const failureOf = async (sent: ReturnType<typeof send>) => {
  const exit = await sent
  if (Exit.isSuccess(exit)) throw new Error(`it was taken: ${exit.value}`)
  const [reason] = exit.cause.reasons
  if (reason?._tag !== "Fail") throw new Error("a defect")
  return reason.error
}

describe("a webhook", () => {
  it("of DingTalk gets signed markdown with a title (G9)", async () => {
    reply.body = '{"errcode":0,"errmsg":"ok"}'
    expect(await send("dingtalk", NOTICE, "SEC123")).toEqual(Exit.succeed("0 ok"))
    const [{ body, type, url }] = arrivals as [Arrival]
    const timestamp = url.searchParams.get("timestamp")!
    expect(timestamp).toMatch(/^\d{13}$/)
    const sign = createHmac("sha256", "SEC123").update(`${timestamp}\nSEC123`).digest("base64")
    expect(url.searchParams.get("sign")).toBe(sign)
    expect(url.searchParams.get("access_token")).toBe("t0ken")
    expect(type).toMatch(/^application\/json/)
    expect(body).toEqual({
      msgtype: "markdown",
      markdown: {
        title: "[告警] gradewire lms-hr: GradewireLagHigh",
        text: [
          "### **[告警] gradewire lms-hr: GradewireLagHigh**",
          "> firing, warning: scores reach the profile 1m 0s after the exam.",
          "> since 2026-11-22T12:00:00Z, said by pod:1",
          "> gradewire explain GradewireLagHigh"
        ].join("\n\n")
      }
    })
  })

  it("of WeCom gets markdown below its limit, without a signature (G9)", async () => {
    reply.body = '{"errcode":0,"errmsg":"ok"}'
    await send("wecom", { ...NOTICE, text: "很".repeat(9_000) })
    const { content } = arrivals[0]!.body["markdown"] as { content: string }
    expect(content).toContain("gradewire lms-hr")
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_096)
    expect([...arrivals[0]!.url.searchParams.keys()]).toEqual(["access_token"])
  })

  it("of Feishu gets a card, signed in its body (G9)", async () => {
    reply.body = '{"code":0,"data":{},"msg":"success"}'
    expect(await send("feishu", { ...NOTICE, state: "resolved" }, "key")).toEqual(Exit.succeed("0 success"))
    const { card, msg_type, sign, timestamp } = arrivals[0]!.body as {
      card: { header: unknown; elements: ReadonlyArray<unknown> }
      msg_type: string
      sign: string
      timestamp: string
    }
    expect(timestamp).toMatch(/^\d{10}$/)
    expect(sign).toBe(createHmac("sha256", `${timestamp}\nkey`).digest("base64"))
    expect(msg_type).toBe("interactive")
    expect(card.header).toEqual({
      title: { tag: "plain_text", content: "[恢复] gradewire lms-hr: GradewireLagHigh" },
      template: "green"
    })
    expect(card.elements).toHaveLength(3)
  })

  it("of Slack gets text in which nothing becomes a mention (G9)", async () => {
    expect(await send("slack", { ...NOTICE, text: "paused: <!channel> & more" })).toEqual(Exit.succeed("ok"))
    const said = arrivals[0]!.body["text"] as string
    expect(said).toContain("paused: &lt;!channel&gt; &amp; more")
    expect(said).not.toContain("<!")
  })

  it("of plain JSON gets every field (G9)", async () => {
    reply = { status: 204, body: "" }
    expect(await send("json")).toEqual(Exit.succeed("HTTP 204"))
    expect(arrivals[0]!.body).toEqual({
      product: "gradewire",
      ...NOTICE,
      see: "gradewire explain GradewireLagHigh"
    })
  })

  it.each([
    ["dingtalk", '{"errcode":310000,"errmsg":"sign not match"}', "WebhookRefused", "310000 sign not match"],
    ["dingtalk", '{"errcode":130101,"errmsg":"send too fast"}', "WebhookUnavailable", "130101"],
    ["wecom", '{"errcode":93000,"errmsg":"invalid webhook url"}', "WebhookRefused", "93000"],
    ["wecom", '{"errcode":45009,"errmsg":"api freq out of limit"}', "WebhookUnavailable", "45009"],
    ["feishu", '{"code":19021,"msg":"sign match fail"}', "WebhookRefused", "19021"],
    ["feishu", "<html>login</html>", "WebhookRefused", "something else"]
  ] as const)("of %s that answers %s is believed (G3)", async (kind, body, tag, said) => {
    reply.body = body
    const failure = await failureOf(send(kind))
    expect(failure._tag).toBe(tag)
    expect(failure.message).toContain(said)
  })

  it.each([
    [404, "no_service", "WebhookRefused"],
    [429, "slow down", "WebhookUnavailable"],
    [503, "", "WebhookUnavailable"],
    [302, "", "WebhookRefused"]
  ] as const)(
    "that answers HTTP %i is asked again or not, and never followed elsewhere (G3)",
    async (status, body, tag) => {
      reply = { status, body, location: `${base}/elsewhere` }
      const failure = await failureOf(send("slack"))
      expect(failure._tag).toBe(tag)
      expect(failure.message).toContain(String(status))
      expect(arrivals).toHaveLength(1)
    }
  )

  it("never shows its address or secret, also where nobody listens (G9)", async () => {
    server.close()
    server.closeAllConnections()
    const failure = await failureOf(send("dingtalk", NOTICE, "SECRET"))
    expect(failure).toMatchObject({ _tag: "WebhookUnavailable", code: "ECONNREFUSED" })
    expect(`${failure.message} ${JSON.stringify(failure)}`).not.toMatch(/t0ken|SECRET|127\.0\.0\.1/)
  })
})
