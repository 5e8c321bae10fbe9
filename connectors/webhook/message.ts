/**
 * A notice in the form of its receiver, and what the receiver's answer means. Pure.
 *
 * - DingTalk: open.dingtalk.com, custom robots: markdown with a title; signed in the address by `timestamp` (ms) and `sign`,
 *   HMAC-SHA256 of `timestamp\nsecret` under the secret. Answers 200 with `errcode`; 130101: too many a minute.
 * - WeCom: developer.work.weixin.qq.com, group robots: markdown of at most 4096 bytes. Answers 200 with `errcode`; 45009: too many.
 * - Feishu: open.feishu.cn, custom bots: a card; signed in the body by `timestamp` (s) and `sign`, HMAC-SHA256 of nothing
 *   under `timestamp\nsecret`. Answers with `code`; 11232 and 9499: too many.
 * - Slack: docs.slack.dev, incoming webhooks: `text` in mrkdwn, where & < > are escaped. Answers with a status and a word.
 */
import { createHmac } from "node:crypto"
import type { WebhookConfig } from "../../schemas/alerts-config.ts"
import type { Notice } from "../../src/alerts/Notice.ts"

export type WebhookKind = WebhookConfig["kind"]

export interface Message {
  readonly url: string
  readonly body: unknown
}

/** @param nowMillis since 1970 UTC, for the signature */
export const messageFor = (
  kind: WebhookKind,
  url: string,
  secret: string | undefined,
  notice: Notice,
  nowMillis: number
): Message => {
  switch (kind) {
    case "dingtalk":
      return {
        url: secret === undefined ? url : signedAddress(url, secret, nowMillis),
        body: { msgtype: "markdown", markdown: { title: title(notice), text: `### ${markdown(notice)}` } }
      }
    case "wecom":
      return { url, body: { msgtype: "markdown", markdown: { content: markdown(notice) } } }
    case "feishu":
      return { url, body: { ...feishuSignature(secret, nowMillis), ...feishuCard(notice) } }
    case "slack":
      return { url, body: { text: slackText(notice) } }
    case "json":
      return { url, body: { product: "gradewire", ...notice, see: see(notice) } }
  }
}

const MARKS = { firing: "告警", resolved: "恢复", test: "测试" } as const
const WORDS = { firing: "firing", resolved: "resolved", test: "test" } as const

/** Holds the product's name: robots may ask for a keyword. */
const title = ({ alert, connector, state }: Notice): string =>
  `[${MARKS[state]}] gradewire ${connector}: ${alert}`

const see = ({ alert }: Notice): string => `gradewire explain ${alert}`

const lines = (notice: Notice): ReadonlyArray<string> => [
  `${WORDS[notice.state]}, ${notice.severity}${notice.subject === "" ? "" : `, ${notice.subject}`}: ${notice.text}`,
  `since ${notice.since}, said by ${notice.holder}`,
  see(notice)
]

/** What an operator wrote stays text: nothing of it becomes a link or a mention. */
const plain = (text: string): string => text.replaceAll(/[\\`*_[\]()<>#@!|]/g, " ").replaceAll(/\s+/g, " ")

const TEXT_MAX = 1_000
const markdown = (notice: Notice): string =>
  [`**${title(notice)}**`, ...lines(notice).map((line) => `> ${plain(line).slice(0, TEXT_MAX)}`)].join("\n\n")

const slackText = (notice: Notice): string =>
  [`*${escaped(title(notice))}*`, ...lines(notice).map((line) => escaped(line).slice(0, TEXT_MAX))].join("\n")

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const COLOURS = { firing: "red", resolved: "green", test: "blue" } as const

const feishuCard = (notice: Notice) => ({
  msg_type: "interactive",
  card: {
    header: {
      title: { tag: "plain_text", content: title(notice) },
      template: notice.state === "firing" && notice.severity === "warning" ? "orange" : COLOURS[notice.state]
    },
    elements: lines(notice).map((line) => ({
      tag: "div",
      text: { tag: "plain_text", content: line.slice(0, TEXT_MAX) }
    }))
  }
})

const MILLIS = 1_000

const feishuSignature = (secret: string | undefined, nowMillis: number) => {
  if (secret === undefined) return {}
  const timestamp = String(Math.floor(nowMillis / MILLIS))
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).digest("base64") }
}

const signedAddress = (url: string, secret: string, nowMillis: number): string => {
  const address = new URL(url)
  const sign = createHmac("sha256", secret).update(`${nowMillis}\n${secret}`).digest("base64")
  address.searchParams.set("timestamp", String(nowMillis))
  address.searchParams.set("sign", sign)
  return address.href
}

export type Verdict =
  | { readonly taken: true; readonly text: string }
  | { readonly taken: false; readonly later: boolean; readonly code: string; readonly text: string }

const TOO_MANY: ReadonlySet<string> = new Set(["130101", "45009", "11232", "9499", "-1"])
const WORD_MAX = 200

/** What the receiver said, with control characters gone and cut short. */
const wordOf = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, WORD_MAX)

export const verdictOn = (kind: WebhookKind, status: number, text: string): Verdict => {
  const later = status === 408 || status === 429 || status >= 500
  const answer = kind === "slack" || kind === "json" ? undefined : answerOf(text)
  const code = answer?.code ?? String(status)
  if (status >= 300 || status < 200) {
    return { taken: false, later, code, text: `HTTP ${status} ${wordOf(answer?.text ?? text)}`.trim() }
  }
  if (kind === "slack" || kind === "json") return { taken: true, text: wordOf(text) || `HTTP ${status}` }
  if (answer === undefined) {
    return { taken: false, later: false, code, text: "answered with something else than the robot does" }
  }
  const said = `${answer.code} ${wordOf(answer.text)}`
  return answer.code === "0"
    ? { taken: true, text: said }
    : { taken: false, later: TOO_MANY.has(answer.code), code, text: said }
}

/** `{"errcode":0,"errmsg":"ok"}`, `{"code":0,"msg":"success"}`, `{"StatusCode":0,"StatusMessage":"success"}`. */
const answerOf = (text: string): { readonly code: string; readonly text: string } | undefined => {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof answer !== "object" || answer === null) return undefined
  const fields = answer as Readonly<Record<string, unknown>>
  const code = fields["errcode"] ?? fields["code"] ?? fields["StatusCode"]
  const said = fields["errmsg"] ?? fields["msg"] ?? fields["StatusMessage"]
  return typeof code === "number"
    ? { code: String(code), text: typeof said === "string" ? said : "" }
    : undefined
}
