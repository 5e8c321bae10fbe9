/** What a process has used, from the kernel (proc(5)). */
import { readFileSync } from "node:fs"

export interface Usage {
  readonly cpuSeconds: number
  /** most memory it ever held */
  readonly peakMiB: number
  /** what it holds now */
  readonly memoryMiB: number
}

const CLOCK_TICKS_PER_SECOND = 100

export const usageOf = (pid: number): Usage => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? "0") / 1024)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND,
    peakMiB: mebibytes("VmHWM"),
    memoryMiB: mebibytes("VmRSS")
  }
}

/** Of a server's main process, its children, and those that have ended. */
export const serverCpuSeconds = (pid: number): number => {
  const ticks = (of: string, withEnded: boolean): number => {
    const fields = readFileSync(`/proc/${of}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
    return fields.slice(11, withEnded ? 15 : 13).reduce((sum, field) => sum + Number(field), 0)
  }
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
  const all = children.filter((child) => child !== "").reduce((sum, child) => sum + ticks(child, true), 0)
  return (all + ticks(String(pid), true)) / CLOCK_TICKS_PER_SECOND
}
