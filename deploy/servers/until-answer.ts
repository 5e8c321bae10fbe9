/** Waits until a server answers, or its process is gone, or the time is over. */
import { open } from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"

const bound = 120_000

/** The last lines of a log, for error texts; "" where there is none. */
export const tailOf = async (file: string): Promise<string> => {
  const handle = await open(file, "r").catch(() => undefined)
  if (handle === undefined) return ""
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, 8000)
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString("utf8").split("\n").slice(-40).join("\n")
  } finally {
    await handle.close()
  }
}

/** What `ask` answers at last. Rejects with the tail of the server's log. `ended` says how its process ended; undefined while it runs. */
export const untilAnswer = async <A>(
  ask: () => Promise<A>,
  ended: () => Promise<string | undefined>,
  logFile: string
): Promise<A> => {
  const deadline = performance.now() + bound
  for (;;) {
    const [answer] = await Promise.allSettled([ask()])
    const end = await ended()
    if (end !== undefined)
      throw new Error(`its process ${end}; its log ${logFile} ends with:\n${await tailOf(logFile)}`)
    if (answer.status === "fulfilled") return answer.value
    const failure = answer.reason instanceof Error ? answer.reason.message : String(answer.reason)
    if (performance.now() > deadline) {
      throw new Error(
        `no answer within ${bound / 1000} s (${failure}); its log ${logFile} ends with:\n${await tailOf(logFile)}`
      )
    }
    await pause(50)
  }
}
