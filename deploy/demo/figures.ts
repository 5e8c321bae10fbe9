/** Figures as people read them. */

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly count: number
}

/** Nearest rank; undefined of nothing. */
export const percentiles = (values: ReadonlyArray<number>): Percentiles | undefined => {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1)!, count: sorted.length }
}

/** 12345 → "12,345" */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US")

/** "0.84 ms", "12.3 ms", "340 ms", "2.41 s", "75 s" */
export const duration = (ms: number | undefined): string => {
  if (ms === undefined) return "–"
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 100) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms / 1000)} s`
}

/** "00:07.4" */
export const clock = (ms: number): string => {
  const tenths = Math.max(0, Math.floor(ms / 100))
  const minutes = String(Math.floor(tenths / 600)).padStart(2, "0")
  const seconds = String(Math.floor((tenths % 600) / 10)).padStart(2, "0")
  return `${minutes}:${seconds}.${tenths % 10}`
}

const BARS = "▁▂▃▄▅▆▇█"

/** One character a value, by order of magnitude from 1 ms to 10 s; undefined is a blank. */
export const sparkline = (lags: ReadonlyArray<number | undefined>): string =>
  lags
    .map((lag) => {
      if (lag === undefined) return " "
      const share = Math.log10(Math.max(1, lag)) / 4
      return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))]!
    })
    .join("")
