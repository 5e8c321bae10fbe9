/** The figures of the moment as text: a panel for a terminal, one line for anything else. */
import { count, duration, percentiles, sparkline } from "./figures.ts"
import type { Screen } from "./Screen.ts"
import { padEnd, padStart } from "./text-width.ts"

export type ServerState = "running" | "killed" | "restarting" | "stopped"

export interface LatestArrival {
  readonly ref: string
  readonly score: string
  readonly employeeNo: string
  readonly lag: number
}

export interface LiveFigures {
  readonly elapsedMs: number
  readonly totalMs: number
  readonly phase: "taking exams" | "draining" | "starting"
  /** changes per second, and transactions that are due but not begun */
  readonly rate: { readonly asked: number; readonly achieved: number; readonly queued: number }
  readonly written: number
  readonly applied: number
  readonly held: number | undefined
  readonly inFlight: number
  /** ms, of the last seconds */
  readonly lags: ReadonlyArray<number>
  /** worst lag of each past second, newest last */
  readonly worst: ReadonlyArray<number | undefined>
  readonly states: ReadonlyArray<{ readonly name: string; readonly state: ServerState }>
  readonly latest: LatestArrival | undefined
}

export const LAG_SECONDS = 5

const MARKS = { running: "●", killed: "✖", restarting: "◌", stopped: "○" } as const
const COLOURS = { running: "green", killed: "red", restarting: "yellow", stopped: "gray" } as const

export const panelLines = (figures: LiveFigures, screen: Screen): ReadonlyArray<string> => {
  const { applied, held, inFlight, lags, latest, states, worst, written } = figures
  const dim = (text: string): string => screen.style("dim", text)
  const bold = (text: string): string => screen.style("bold", text)
  const lag = percentiles(lags)
  const columns = (cells: ReadonlyArray<string>): string =>
    `  ${cells.map((cell) => padEnd(cell, Math.min(23, Math.floor((screen.width - 2) / 4)))).join("")}`
  const figure = (name: string, value: number | undefined): string =>
    `${dim(padEnd(name, 10))}${bold(padStart(value === undefined ? "–" : count(value), 8))}`
  const lines = [
    dim("─".repeat(Math.min(screen.width, 96))),
    `  ${progressBar(figures, screen)}`,
    "",
    columns(states.map(({ name }) => bold(name))),
    columns(states.map(({ state }) => screen.style(COLOURS[state], `${MARKS[state]} ${state}`))),
    "",
    columns([
      figure("written", written),
      figure("in flight", inFlight),
      figure("applied", applied),
      figure("held", held)
    ]),
    `  ${dim(`COMMIT → profile, last ${LAG_SECONDS} s`)}   p50 ${bold(padStart(duration(lag?.p50), 8))}   p99 ${bold(padStart(duration(lag?.p99), 8))}   ${screen.style("cyan", sparkline(worst.slice(-Math.max(8, screen.width - 62))))}`
  ]
  if (latest !== undefined)
    lines.push(
      `  ${dim("latest")}  ${latest.ref}  分数 ${bold(latest.score)}  ${dim("→")}  工号 ${bold(latest.employeeNo)}  exam_score ${bold(latest.score)}  ${dim(`after ${duration(latest.lag)}`)}`
    )
  return lines
}

const progressBar = ({ elapsedMs, phase, rate, totalMs }: LiveFigures, screen: Screen): string => {
  const width = 30
  const filled = Math.round(width * Math.min(1, elapsedMs / totalMs))
  const bar = screen.style("green", "━".repeat(filled)) + screen.style("dim", "─".repeat(width - filled))
  const seconds = `${(Math.min(elapsedMs, totalMs) / 1000).toFixed(1)} / ${totalMs / 1000} s`
  const pace =
    phase === "taking exams"
      ? `${count(rate.asked)}/s wanted, ${rate.achieved.toFixed(1)}/s written${rate.queued > rate.asked / 4 ? `, ${count(rate.queued)} queue` : ""}`
      : phase === "draining"
        ? "nobody writes any more; waiting for the rest to arrive"
        : "starting"
  return `${padStart(seconds, 13)}  ${bar}  ${screen.style("dim", pace)}`
}

/** The same in one line, for a log. */
export const plainLine = (figures: LiveFigures): string => {
  const { applied, elapsedMs, held, inFlight, lags, states, written } = figures
  const lag = percentiles(lags)
  const ill = states.filter(({ state }) => state !== "running").map(({ name, state }) => `${name} ${state}`)
  return [
    padStart(`${Math.round(elapsedMs / 1000)} s`, 6),
    `written ${padStart(count(written), 7)}`,
    `applied ${padStart(count(applied), 7)}`,
    `held ${padStart(held === undefined ? "–" : count(held), 5)}`,
    `in flight ${padStart(count(inFlight), 5)}`,
    `lag p50 ${padStart(duration(lag?.p50), 8)} p99 ${padStart(duration(lag?.p99), 8)}`,
    ill.length === 0 ? "all running" : ill.join(", ")
  ].join("  ")
}
