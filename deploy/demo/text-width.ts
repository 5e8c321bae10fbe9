/** How wide text stands on a terminal: Chinese characters and emoji take two columns, colours none. */
import { stripVTControlCharacters } from "node:util"

const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** East Asian wide and fullwidth ranges (Unicode TR 11), as far as people's names, exams and emoji need them. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u

export const textWidth = (text: string): number => {
  const plain = stripVTControlCharacters(text)
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length
  let width = 0
  for (const { segment } of segments.segment(plain)) width += WIDE.test(segment) ? 2 : 1
  return width
}

export const padEnd = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - textWidth(text)))

export const padStart = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - textWidth(text))) + text

/** Cut to at most `width` columns, with "…" where something is missing; colours end with the cut. */
export const clip = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text
  let kept = ""
  let used = 0
  // an escape sequence has no width and must not be cut in two
  // oxlint-disable-next-line no-control-regex
  for (const piece of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith("\u001b[")) {
      kept += piece
      continue
    }
    for (const { segment } of segments.segment(piece)) {
      const next = WIDE.test(segment) ? 2 : 1
      if (used + next > width - 1) return `${kept}…\u001b[0m`
      kept += segment
      used += next
    }
  }
  return kept
}
