/** What `gradewire events` asks and says. */

export interface EventTail {
  /** How many of the newest. */
  readonly lines: number
  /** Never ends by itself. */
  readonly follow: boolean
  readonly filter: {
    readonly type: string | null
    readonly table: string | null
    readonly result: string | null
  }
  /** Personal values too. */
  readonly reveal: boolean
}

/** One change event of the change log. */
export interface LoggedEventView {
  /** Of its message in the stream. */
  readonly sequence: number
  readonly generation: number
  readonly position: string
  /** Commit time at the source, RFC 3339 UTC. */
  readonly time: string
  /** Without prefix and version: `score.corrected`. */
  readonly type: string
  /** What it is about. */
  readonly key: string
  /** Names of the fields that a correction changed. */
  readonly changed: ReadonlyArray<string>
  readonly revealed: boolean
  readonly event: unknown
}
