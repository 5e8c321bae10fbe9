/**
 * The demo on a terminal: lines that stay, and below them a panel that is drawn anew four times a second.
 * Without a terminal there is no panel, and the same figures come as one plain line a second.
 */
import { styleText } from "node:util"
import { clip } from "./text-width.ts"

type Style = Parameters<typeof styleText>[0]

export class Screen {
  readonly isTerminal: boolean
  readonly #out: NodeJS.WriteStream
  #panel: ReadonlyArray<string> = []
  #drawn = 0

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
    this.isTerminal = out.isTTY
    // a reader that has seen enough, such as `head`, is no error
    out.on("error", () => undefined)
  }

  /** Columns that may be used; the last one is left free, because some terminals wrap there. */
  get width(): number {
    return Math.min(this.isTerminal ? (this.#out.columns || 80) - 1 : 160, 120)
  }

  /** Colours follow NO_COLOR, FORCE_COLOR and whether there is a terminal. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out })
  }

  /** A line that stays. */
  line(text = ""): void {
    this.#write(this.#erased() + `${text}\n`.repeat(1) + this.#painted())
  }

  /** Draws the panel; nothing without a terminal. */
  panel(lines: ReadonlyArray<string>): void {
    if (!this.isTerminal) return
    const erased = this.#erased()
    this.#panel = lines
    this.#write(erased + this.#painted())
  }

  /** Takes the panel away. */
  clear(): void {
    const erased = this.#erased()
    this.#panel = []
    if (erased !== "") this.#write(erased)
  }

  #erased(): string {
    if (this.#drawn === 0) return ""
    const up = `\u001b[${this.#drawn}A\r\u001b[0J`
    this.#drawn = 0
    return up
  }

  #painted(): string {
    const rows = (this.#out.rows || 24) - 1
    const lines = this.#panel.slice(0, Math.max(1, rows)).map((line) => clip(line, this.width))
    this.#drawn = lines.length
    return lines.map((line) => `${line}\n`).join("")
  }

  #write(text: string): void {
    this.#out.write(text)
  }
}
