/** How far behind the whole way is at one moment; `null` is not known, never zero. */
export interface LagSample {
  readonly connector: string
  /** From commit at the source to commit in the HR database, of the newest news; grows while nothing is heard. */
  readonly lagSeconds: number | null
  /** Since the HR database was last written. */
  readonly heartbeatAgeSeconds: number | null
  /** Of the newest news, when each part had it: as the running processes say; parts of the way, not sums. */
  readonly readSeconds: number | null
  readonly publishSeconds: number | null
  readonly applySeconds: number | null
  readonly held: number | null
  readonly deadLetters: number | null
  readonly paused: ReadonlyArray<"capture" | "apply">
  /** Why the HR database could not be asked. */
  readonly trouble: { readonly tag: string; readonly message: string } | null
}
