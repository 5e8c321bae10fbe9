/**
 * Loaded into a process before its program (`node --import`): its wall clock stands as many milliseconds away from the true
 * one as a file says, which may change at any time. Monotonic time goes on as it is, as where an administrator or NTP
 * sets the clock.
 */
import { readFileSync } from "node:fs"

const LOOK_MS = 50
const file = process.env["GRADEWIRE_CHAOS_CLOCK"] ?? ""
const TrueDate = Date

let shift = 0
const look = (): void => {
  try {
    shift = Number(readFileSync(file, "utf8"))
  } catch {
    shift = 0
  }
}
look()
setInterval(look, LOOK_MS).unref()

globalThis.Date = new Proxy(TrueDate, {
  apply: () => new TrueDate(TrueDate.now() + shift).toString(),
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [TrueDate.now() + shift] : args, self) as object,
  get: (target, name, receiver) =>
    name === "now" ? () => TrueDate.now() + shift : (Reflect.get(target, name, receiver) as unknown)
})
