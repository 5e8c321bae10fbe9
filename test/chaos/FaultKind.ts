/**
 * Everything that may happen to a running connector here: crash points before and behind each durable step, and what
 * happens to processes, links and servers. Where a fault happens decides what may happen at the same time.
 */

/** Of gradewire's own processes. */
export type ProcessFaultKind =
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
  /** SIGSTOP of a capture process, another takes over, the old one wakes: it must neither publish nor live on. */
  | "old-capture-wakes"
  /** SIGSTOP of an apply process, another takes over, the old one wakes: it must neither write nor live on. */
  | "old-apply-wakes"

/** SIGKILL exactly at a durable step, as the door sees it. */
export type CrashPointKind =
  /** Binlog events have reached the machine, capture has not seen them. */
  | "killed-at-binlog-event"
  /** Capture asks for the binlog, and dies before anything comes. */
  | "killed-at-dump"
  /** Capture reads rows of a table's first copy. */
  | "killed-at-copy"
  /** Capture has sent its first message, the checkpoint of its epoch; nobody has answered. */
  | "killed-at-first-checkpoint"
  /** The checkpoint of its epoch is stored and acknowledged. */
  | "killed-after-first-checkpoint"
  /** A segment has left capture and never reaches NATS. */
  | "killed-before-publish"
  /** A segment is stored, capture never hears of it. */
  | "killed-before-acknowledgement"
  /** A segment is stored and acknowledged; capture dies with the next ones on their way. */
  | "killed-after-acknowledgement"
  /** A segment is on its way to apply. */
  | "killed-at-delivery"
  /** Apply has raised the epoch in the HR database and dies before it knows. */
  | "killed-at-take-over"
  /** Apply has raised the epoch and knows. */
  | "killed-after-take-over"
  /** A batch has left apply and never reaches the HR database. */
  | "killed-before-batch"
  /** A batch is being executed: its commit may or may not happen. */
  | "killed-within-batch"
  /** A batch has committed, apply never hears of it. */
  | "killed-before-commit-answer"
  /** A batch has committed and apply has heard of it. */
  | "killed-after-commit-answer"

/** Of the links between gradewire and a server. */
export type LinkFaultKind =
  /** The connection breaks with a segment on its way to NATS. */
  | "publish-cut"
  /** The connection breaks with a PubAck on its way: stored, not acknowledged. */
  | "acknowledgement-cut"
  /** The connection breaks with a segment on its way to apply. */
  | "delivery-cut"
  /** The connection breaks with a batch on its way to the HR database. */
  | "batch-cut"
  /** The connection breaks between a commit and its answer: the outcome is unknown. */
  | "commit-answer-cut"
  /** The connection breaks within the binlog stream. */
  | "binlog-cut"
  /** Half-open: the link to NATS takes bytes and delivers none, for a while. */
  | "log-link-frozen"
  /** Half-open: the link to the HR database. */
  | "hr-link-frozen"
  /** Half-open: the link to the training database. */
  | "source-link-frozen"
  /** All links are slow. */
  | "links-slow"
  /** No server can be reached for a while. */
  | "links-down"

/** Of the change log's server and stream. */
export type LogFaultKind =
  /** NATS is shut down in order and started again. */
  | "nats-restarted"
  /** NATS is ended with SIGKILL and started again. */
  | "nats-killed"
  /** NATS loses what it acknowledged last: its store is replaced by an older copy. */
  | "nats-rolled-back"
  /** Somebody purges the stream while both roles run. */
  | "stream-purged"
  /** Somebody purges the stream while nothing of gradewire runs. */
  | "stream-purged-while-down"
  /** Somebody deletes the stream while both roles run. */
  | "stream-deleted"
  /** The stream is full and refuses messages, until somebody enlarges it. */
  | "stream-full"
  /** Somebody deletes apply's consumers. */
  | "consumers-deleted"
  /** One message that apply has not taken yet is gone from the middle of the stream. */
  | "message-deleted"
  /** NATS is ended with SIGKILL, and a byte of its newest block is another one when it starts again. */
  | "store-damaged"
  /** NATS is ended with SIGKILL, and its newest block ends early when it starts again. */
  | "store-truncated"

/** Of the HR database. */
export type HrFaultKind =
  /** PostgreSQL is ended with SIGKILL and started again. */
  | "hr-killed"
  /** PostgreSQL is shut down in order and started again. */
  | "hr-restarted"
  /** PostgreSQL takes no writes for a while, as after a failover. */
  | "hr-read-only"
  /** All of gradewire's sessions are terminated. */
  | "hr-sessions-terminated"
  /** Somebody else's transaction locks profile rows and the offset row in the opposite order. */
  | "hr-deadlocks"
  /** Somebody else holds the profile table for a while. */
  | "hr-locked"
  /** An earlier copy of the HR database takes its place while gradewire is stopped. */
  | "hr-restored-while-stopped"
  /** An earlier copy of the HR database takes its place while gradewire runs. */
  | "hr-restored-while-running"

/** Of the training database. */
export type SourceFaultKind =
  /** The server is ended with SIGKILL and started again. */
  | "source-killed"
  /** The server is shut down in order and started again. */
  | "source-restarted"
  /** FLUSH BINARY LOGS: the binlog goes on in other files. */
  | "binlog-flushed"
  /** Binlog files that nobody needs any more are purged. */
  | "binlog-purged"
  /** KILL of the dump thread that feeds capture. */
  | "dump-thread-killed"

/** Of the rows themselves. */
export type RowFaultKind =
  /** Rows that the HR database refuses, among others and before later changes of the same result. */
  | "poison-rows"
  /** One transaction of very many rows; both roles are killed in the middle of it. */
  | "huge-transaction"
  /** Learners nobody knew get the phone number of an employee. */
  | "learners-found"

/** Of the time that machines believe it is. */
export type ClockFaultKind =
  /** Wall clocks of gradewire's processes and of the training database's sessions are set forward and back. */
  "clocks-jump"

export type FaultKind =
  | ProcessFaultKind
  | CrashPointKind
  | LinkFaultKind
  | LogFaultKind
  | HrFaultKind
  | SourceFaultKind
  | RowFaultKind
  | ClockFaultKind

/** Where a fault happens: those of one place follow each other, those of different places overlap. */
export type Place = "gradewire" | "links" | "log" | "hr" | "source" | "rows" | "clocks"

export const PLACE_OF: Readonly<Record<FaultKind, Place>> = {
  "capture-killed": "gradewire",
  "apply-killed": "gradewire",
  "both-killed": "gradewire",
  "capture-kill-loop": "gradewire",
  "apply-kill-loop": "gradewire",
  "old-capture-wakes": "gradewire",
  "old-apply-wakes": "gradewire",
  "killed-at-binlog-event": "gradewire",
  "killed-at-dump": "gradewire",
  "killed-at-copy": "gradewire",
  "killed-at-first-checkpoint": "gradewire",
  "killed-after-first-checkpoint": "gradewire",
  "killed-before-publish": "gradewire",
  "killed-before-acknowledgement": "gradewire",
  "killed-after-acknowledgement": "gradewire",
  "killed-at-delivery": "gradewire",
  "killed-at-take-over": "gradewire",
  "killed-after-take-over": "gradewire",
  "killed-before-batch": "gradewire",
  "killed-within-batch": "gradewire",
  "killed-before-commit-answer": "gradewire",
  "killed-after-commit-answer": "gradewire",
  "publish-cut": "links",
  "acknowledgement-cut": "links",
  "delivery-cut": "links",
  "batch-cut": "links",
  "commit-answer-cut": "links",
  "binlog-cut": "links",
  "log-link-frozen": "links",
  "hr-link-frozen": "links",
  "source-link-frozen": "links",
  "links-slow": "links",
  "links-down": "links",
  "nats-restarted": "log",
  "nats-killed": "log",
  "nats-rolled-back": "log",
  "stream-purged": "log",
  "stream-purged-while-down": "log",
  "stream-deleted": "log",
  "stream-full": "log",
  "consumers-deleted": "log",
  "message-deleted": "log",
  "store-damaged": "log",
  "store-truncated": "log",
  "hr-killed": "hr",
  "hr-restarted": "hr",
  "hr-read-only": "hr",
  "hr-sessions-terminated": "hr",
  "hr-deadlocks": "hr",
  "hr-locked": "hr",
  "hr-restored-while-stopped": "hr",
  "hr-restored-while-running": "hr",
  "source-killed": "source",
  "source-restarted": "source",
  "binlog-flushed": "source",
  "binlog-purged": "source",
  "dump-thread-killed": "source",
  "poison-rows": "rows",
  "huge-transaction": "rows",
  "learners-found": "rows",
  "clocks-jump": "clocks"
}

export const FAULT_KINDS = Object.keys(PLACE_OF) as ReadonlyArray<FaultKind>

/** Tags with which a process may end by itself; everything else has to be lived through. */
export const MAY_HALT: Readonly<Partial<Record<FaultKind, ReadonlyArray<string>>>> = {
  "stream-purged": ["ChangeLogHole"],
  "stream-deleted": ["ChangeLogHole"],
  "nats-rolled-back": ["ChangeLogHole"],
  "message-deleted": ["ChangeLogHole"],
  "store-damaged": ["ChangeLogHole"],
  "store-truncated": ["ChangeLogHole"],
  "hr-restored-while-running": ["ChangeLogHole"]
}

/** After these the older binlog files are needed, so nobody may have purged them. */
export const NEEDS_OLD_BINLOG: ReadonlySet<FaultKind> = new Set([
  "nats-rolled-back",
  "stream-purged",
  "stream-purged-while-down",
  "stream-deleted",
  "message-deleted",
  "store-damaged",
  "store-truncated",
  "hr-restored-while-stopped",
  "hr-restored-while-running"
])
