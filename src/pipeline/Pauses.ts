/**
 * Which roles an operator has paused. Written by whoever watches the stored wish; a role that is paused gives up its
 * connections and begins again from the last durable point when it is resumed.
 */
import { Context, Effect, Latch } from "effect"
import type { RoleName } from "./Vitals.ts"

/** Who said so and why, as text for logs and status. */
export interface PauseNote {
  readonly by: string
  readonly reason: string
}

interface Switch {
  note: PauseNote | undefined
  /** Open while the role may run. */
  readonly running: Latch.Latch
  /** Open while it may not. */
  readonly paused: Latch.Latch
}

export class Pauses {
  readonly #switches = new Map<string, Switch>()

  #switch(role: string): Switch {
    let found = this.#switches.get(role)
    if (found === undefined) {
      found = { note: undefined, running: Latch.makeUnsafe(true), paused: Latch.makeUnsafe(false) }
      this.#switches.set(role, found)
    }
    return found
  }

  note(role: string): PauseNote | undefined {
    return this.#switch(role).note
  }

  /** @param note `undefined`: it may run */
  set(role: RoleName, note: PauseNote | undefined): void {
    const found = this.#switch(role)
    found.note = note
    const [open, close] = note === undefined ? [found.running, found.paused] : [found.paused, found.running]
    close.closeUnsafe()
    open.openUnsafe()
  }

  /** Waits until the role may run. */
  running(role: string): Effect.Effect<void> {
    return Effect.asVoid(this.#switch(role).running.await)
  }

  /** Waits until it may not. */
  paused(role: string): Effect.Effect<void> {
    return Effect.asVoid(this.#switch(role).paused.await)
  }
}

/** Nobody pauses anything, unless somebody gives another. */
export const CurrentPauses = Context.Reference<Pauses>("gradewire/pipeline/Pauses", {
  defaultValue: () => new Pauses()
})
