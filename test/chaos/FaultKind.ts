/** Everything that may happen to a running connector here. Where it happens decides what may happen at the same time. */

export type FaultKind =
  /** SIGKILL of the process that captures, at a random moment. */
  | "capture-killed"
  /** SIGKILL of the process that applies, at a random moment. */
  | "apply-killed"
  /** SIGKILL of everything of gradewire at once: the node dies. */
  | "both-killed"
  /** SIGKILL of capture again and again, mostly before it has found its feet. */
  | "capture-kill-loop"
  /** SIGKILL of apply again and again. */
  | "apply-kill-loop"

/** Where a fault happens: those of one place follow each other, those of different places overlap. */
export type Place = "gradewire" | "log" | "hr" | "source" | "rows"

export const PLACE_OF: Readonly<Record<FaultKind, Place>> = {
  "capture-killed": "gradewire",
  "apply-killed": "gradewire",
  "both-killed": "gradewire",
  "capture-kill-loop": "gradewire",
  "apply-kill-loop": "gradewire"
}

export const FAULT_KINDS = Object.keys(PLACE_OF) as ReadonlyArray<FaultKind>
