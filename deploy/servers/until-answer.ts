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

/** Rejects with the tail of the server's log. `ended` says how its process ended; undefined while it runs. */
export const untilAnswer = async (
  ask: () => Promise<void>,
  ended: () => Promise<string | undefined>,
  logFile: string
): Promise<void> => {
  const deadline = performance.now() + bound
  for (;;) {
    const failure = await ask().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error))
    )
    const end = await ended()
    if (end !== undefined)
      throw new Error(`its process ${end}; its log ${logFile} ends with:\n${await tailOf(logFile)}`)
    if (failure === undefined) return
    if (performance.now() > deadline) {
      throw new Error(
        `no answer within ${bound / 1000} s (${failure}); its log ${logFile} ends with:\n${await tailOf(logFile)}`
      )
    }
    await pause(50)
  }
}
