/**
 * The event that opens a transaction: MySQL GTID (33), anonymous (34), tagged (42), MariaDB GTID (162).
 */
import { ByteCursor } from "./byte-cursor.ts"
import { damaged, DecodeFailure } from "./decode-failure.ts"
import { HEADER_LENGTH, type BinlogEvent } from "./event.ts"
import { EventType } from "./event-type.ts"

export interface GtidFacts {
  /** As the server writes it: `uuid:gno`, `uuid:tag:gno`, `domain-server-sequence`; null when anonymous. */
  readonly gtid: string | null
  readonly committedAtMicros: number
  /** MariaDB leaves out BEGIN: the event itself opens the transaction. */
  readonly begins: boolean
  /** The transaction ends in XA PREPARE as far as the event says so (MariaDB). */
  readonly xaPrepared: boolean
}

const SECOND_MICROS = 1_000_000
const FLAG_55 = 2 ** 55

const uuidText = (bytes: Buffer): string => {
  const hex = bytes.toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const cursorOf = (event: BinlogEvent, what: string) =>
  new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, what)

/** 7-byte little-endian; read in two halves because Node reads 6 at most. */
const u56 = (cursor: ByteCursor): number => cursor.u32() + cursor.uint(3) * 2 ** 32

/**
 * Layout: control_events.h, Gtid_event. The commit times stand behind the logical clock (type 2) since 8.0.1; bit 55
 * of the first says that the original server's time follows because it differs.
 */
export const readGtid = (event: BinlogEvent, anonymous: boolean): GtidFacts => {
  const cursor = cursorOf(event, "GTID event")
  cursor.skip(1)
  const sid = uuidText(cursor.take(16))
  const gno = cursor.u64()
  let committedAtMicros = event.timestamp * SECOND_MICROS
  if (cursor.remaining >= 17 + 7 && cursor.u8() === 2) {
    cursor.skip(16)
    const immediate = u56(cursor)
    committedAtMicros = immediate
    if (immediate >= FLAG_55) {
      const original = u56(cursor)
      committedAtMicros = original > 0 ? original : immediate - FLAG_55
    }
  }
  return { gtid: anonymous ? null : `${sid}:${gno}`, committedAtMicros, begins: false, xaPrepared: false }
}

/**
 * GTID_TAGGED_LOG_EVENT: one message of mysql::serialization, fields in ascending order, absent ones at their default.
 * Ids: 0 flags, 1 uuid, 2 gno, 3 tag, 4 last_committed, 5 sequence_number, 6 and 7 commit times.
 */
export const readTaggedGtid = (event: BinlogEvent): GtidFacts => {
  const cursor = cursorOf(event, "tagged GTID event")
  const version = cursor.varint()
  const size = cursor.varint()
  const lastNonIgnorable = cursor.varint()
  if (version !== 1n || lastNonIgnorable > 12n) {
    throw new DecodeFailure(
      "tagged GTID event",
      `tagged GTID event of version ${version} needs field ${lastNonIgnorable}`,
      "Upgrade gradewire, or read from a server of the MySQL 9.7 line or older."
    )
  }
  if (size > BigInt(event.bodyEnd - HEADER_LENGTH))
    throw damaged("tagged GTID event", "tagged GTID event is cut short")
  const end = HEADER_LENGTH + Number(size)
  let sid: string | undefined
  let gno = 0n
  let tag = ""
  let immediate = 0n
  let original = 0n
  while (cursor.offset < end) {
    const id = cursor.varint()
    if (id === 1n) {
      const uuid = Buffer.alloc(16)
      for (let i = 0; i < 16; i++) uuid[i] = Number(cursor.varint())
      sid = uuidText(uuid)
    } else if (id === 2n) gno = cursor.varint() >> 1n
    else if (id === 3n) tag = cursor.take(Number(cursor.varint())).toString("latin1")
    else if (id === 6n) immediate = cursor.varint()
    else if (id === 7n) original = cursor.varint()
    else if (id > 7n) break
    else cursor.varint()
  }
  if (sid === undefined || gno === 0n)
    throw damaged("tagged GTID event", "tagged GTID event names no transaction")
  const micros = Number(original > 0n ? original : immediate)
  return {
    gtid: tag === "" ? `${sid}:${gno}` : `${sid}:${tag}:${gno}`,
    committedAtMicros: micros > 0 ? micros : event.timestamp * SECOND_MICROS,
    begins: false,
    xaPrepared: false
  }
}

const FL_STANDALONE = 1
const FL_PREPARED_XA = 64

/** MariaDB sql/log_event.h, Gtid_log_event; the server's part of the GTID stands in the common header. */
export const readMariadbGtid = (event: BinlogEvent): GtidFacts => {
  const cursor = cursorOf(event, "MariaDB GTID event")
  const sequence = cursor.u64()
  const domain = cursor.u32()
  const flags = cursor.u8()
  return {
    gtid: `${domain}-${event.serverId}-${sequence}`,
    committedAtMicros: event.timestamp * SECOND_MICROS,
    begins: (flags & FL_STANDALONE) === 0,
    xaPrepared: (flags & FL_PREPARED_XA) !== 0
  }
}

/** Of whichever kind the event is; `undefined` for an event that opens no transaction. */
export const readGtidFacts = (event: BinlogEvent): GtidFacts | undefined => {
  switch (event.type) {
    case EventType.Gtid:
      return readGtid(event, false)
    case EventType.AnonymousGtid:
      return readGtid(event, true)
    case EventType.TaggedGtid:
      return readTaggedGtid(event)
    case EventType.MariadbGtid:
      return readMariadbGtid(event)
    default:
      return undefined
  }
}

/** What a statement of MySQL 5.6 or older says, which has no GTID event before it. */
export const factsWithoutGtid = (statement: BinlogEvent): GtidFacts => ({
  gtid: null,
  committedAtMicros: statement.timestamp * 1e6,
  begins: false,
  xaPrepared: false
})
