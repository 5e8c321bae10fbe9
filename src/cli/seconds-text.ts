/** Lengths of time for a person: `0.42s`, `3m7s`, `2h15m`, `1d4h`. */
const MINUTE = 60
export const HOUR = 3600
const DAY = 86_400

/** `unknown` is never shown as zero. */
export const secondsText = (seconds: number | null): string => {
  if (seconds === null) return "unknown"
  if (seconds < MINUTE) return `${seconds.toFixed(seconds < 10 ? 2 : 1)}s`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m${Math.floor(seconds % MINUTE)}s`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h${Math.floor((seconds % HOUR) / MINUTE)}m`
  return `${Math.floor(seconds / DAY)}d${Math.floor((seconds % DAY) / HOUR)}h`
}
