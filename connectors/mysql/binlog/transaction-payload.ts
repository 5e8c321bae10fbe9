/**
 * TRANSACTION_PAYLOAD_EVENT (`binlog_transaction_compression = ON`): a whole transaction's events behind a list of
 * fields, compressed with zstd (mysql-server libs/mysql/binlog/event/codecs/binary.cpp). The inner events have no
 * checksums and carry positions of the outer event.
 */
import { zstdDecompressSync } from "node:zlib"
import { ByteCursor } from "./byte-cursor.ts"
import { damaged, DecodeFailure } from "./decode-failure.ts"
import { HEADER_LENGTH, readEvent, type BinlogEvent } from "./event.ts"
import { tooLarge } from "./mariadb-compression.ts"

const END_OF_FIELDS = 0
const PAYLOAD_SIZE = 1
const COMPRESSION_TYPE = 2
const UNCOMPRESSED_SIZE = 3
const ZSTD = 0
const NONE = 255

export const readTransactionPayload = (event: BinlogEvent, lengthMax: number): ReadonlyArray<BinlogEvent> => {
  const what = "TRANSACTION_PAYLOAD_EVENT"
  const cursor = new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, what)
  let payloadSize: number | undefined
  let compression = NONE
  let length: number | undefined
  for (;;) {
    const field = cursor.lenenc()
    if (field === END_OF_FIELDS) break
    const value = new ByteCursor(cursor.take(cursor.lenenc()), 0, 0, what)
    const inner = new ByteCursor(value.bytes, 0, value.bytes.length, what)
    if (field === PAYLOAD_SIZE) payloadSize = inner.lenenc()
    else if (field === COMPRESSION_TYPE) compression = inner.lenenc()
    else if (field === UNCOMPRESSED_SIZE) length = inner.lenenc()
  }
  const payload = cursor.take(payloadSize ?? cursor.remaining)
  return innerEvents(compression === NONE ? payload : unpack(payload, compression, length ?? 0, lengthMax))
}

const unpack = (payload: Buffer, compression: number, length: number, lengthMax: number): Buffer => {
  if (compression !== ZSTD) {
    throw new DecodeFailure(
      `transaction compression ${compression}`,
      `transaction compression ${compression} is not known`,
      "SET PERSIST binlog_transaction_compression = OFF;"
    )
  }
  if (length > lengthMax) throw tooLarge(length, lengthMax)
  let plain: Buffer
  try {
    plain = zstdDecompressSync(payload, { maxOutputLength: Math.max(length, 1) })
  } catch {
    throw damaged("TRANSACTION_PAYLOAD_EVENT", "a compressed transaction cannot be unpacked")
  }
  if (plain.length !== length) {
    throw damaged("TRANSACTION_PAYLOAD_EVENT", "a compressed transaction unpacks to another length")
  }
  return plain
}

const innerEvents = (bytes: Buffer): ReadonlyArray<BinlogEvent> => {
  const events: Array<BinlogEvent> = []
  let offset = 0
  while (offset < bytes.length) {
    if (bytes.length - offset < HEADER_LENGTH)
      throw damaged("TRANSACTION_PAYLOAD_EVENT", "an inner event is cut short")
    const size = bytes.readUInt32LE(offset + 9)
    if (size < HEADER_LENGTH || size > bytes.length - offset) {
      throw damaged("TRANSACTION_PAYLOAD_EVENT", "an inner event's length is wrong")
    }
    events.push(readEvent(bytes.subarray(offset, offset + size), false))
    offset += size
  }
  return events
}
