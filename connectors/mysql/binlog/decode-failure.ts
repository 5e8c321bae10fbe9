/**
 * What the pure decoder throws: it knows what it met and how to fix it, not where. The reader adds file and position
 * and turns it into the port's Undecodable. Never carries a column's value.
 */
export class DecodeFailure extends Error {
  /** What could not be decoded: `event type 39`, `lms.exam.extra JSON`. */
  readonly what: string
  /** Pasteable remedy. */
  readonly fix: string
  constructor(what: string, message: string, fix: string) {
    super(message)
    this.name = "DecodeFailure"
    this.what = what
    this.fix = fix
  }
}

/** For bytes that contradict their own lengths; the file or the transport is damaged, or the format is unknown. */
export const damaged = (what: string, message: string): DecodeFailure =>
  new DecodeFailure(
    what,
    message,
    "Compare with `mysqlbinlog --verify-binlog-checksum` on the server. If it reads the file without complaint, report this message; else restore the binlog file or start over from a copy of the tables."
  )
