/** Lengths of time as people type them. */
import { Option } from "effect"

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** `90s`, `15m`, `2h`, `7d` as seconds. */
export const durationOf = (text: string): Option.Option<number> => {
  const found = /^(\d{1,9})([smhd])$/.exec(text)
  return found === null
    ? Option.none()
    : Option.some(Number(found[1]) * SECONDS[found[2] as keyof typeof SECONDS])
}
