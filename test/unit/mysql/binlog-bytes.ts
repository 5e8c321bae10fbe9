/** Hand-built binlog events, and transactions captured from real servers, for tests of the pure decoder. */
import { readFileSync } from "node:fs"
import { crc32 } from "node:zlib"
import { HEADER_LENGTH } from "../../../connectors/mysql/binlog/event.ts"
import { EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import type { ReaderSettings } from "../../../connectors/mysql/reader-settings.ts"
import { TransactionReader } from "../../../connectors/mysql/TransactionReader.ts"

export interface EventParts {
  readonly type: number
  readonly body?: Buffer
  readonly flags?: number
  readonly timestamp?: number
  /** Default 0: the server does not say. */
  readonly nextPosition?: number
  readonly checksum?: boolean
}

/** One event as it comes over the wire. */
export const eventBytes = (parts: EventParts): Buffer => {
  const body = parts.body ?? Buffer.alloc(0)
  const checksum = parts.checksum ?? true
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt32LE(parts.timestamp ?? 1_763_769_600, 0)
  header[4] = parts.type
  header.writeUInt32LE(1, 5)
  header.writeUInt32LE(HEADER_LENGTH + body.length + (checksum ? 4 : 0), 9)
  header.writeUInt32LE(parts.nextPosition ?? 0, 13)
  header.writeUInt16LE(parts.flags ?? 0, 17)
  return checksum ? sealed(Buffer.concat([header, body, Buffer.alloc(4)])) : Buffer.concat([header, body])
}

/** With the right length and checksum, whatever was changed before. */
export const sealed = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  copy.writeUInt32LE(copy.length, 9)
  copy.writeUInt32LE(crc32(copy.subarray(0, copy.length - 4)), copy.length - 4)
  return copy
}

export const formatDescription = (checksum: boolean, nextPosition = 0): Buffer => {
  const body = Buffer.alloc(2 + 50 + 4 + 1 + 42 + 1)
  body.writeUInt16LE(4, 0)
  body.write("9.7.4", 2, "latin1")
  body[56] = HEADER_LENGTH
  body[body.length - 1] = checksum ? 1 : 0
  return eventBytes({ type: EventType.FormatDescription, body, nextPosition })
}

export const rotate = (file: string, position: number, artificial = true): Buffer => {
  const body = Buffer.alloc(8 + file.length)
  body.writeBigUInt64LE(BigInt(position), 0)
  body.write(file, 8, "latin1")
  return eventBytes({ type: EventType.Rotate, body, flags: artificial ? 0x20 : 0 })
}

export const gtid = (sequence: number): Buffer => {
  const body = Buffer.alloc(1 + 16 + 8)
  body.fill(0x11, 1, 17)
  body.writeBigUInt64LE(BigInt(sequence), 17)
  return eventBytes({ type: EventType.Gtid, body })
}

export const query = (text: string, schema = "lms"): Buffer => {
  const head = Buffer.alloc(13)
  head[8] = schema.length
  return eventBytes({
    type: EventType.Query,
    body: Buffer.concat([head, Buffer.from(`${schema}\0`), Buffer.from(text)])
  })
}

export const xid = (): Buffer => eventBytes({ type: EventType.Xid, body: Buffer.alloc(8) })

/** TABLE_MAP of INT columns with their names. */
export const tableMap = (
  id: number,
  table: string,
  columns: ReadonlyArray<string>,
  schema = "lms"
): Buffer => {
  const names = Buffer.concat(
    columns.map((name) => Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)]))
  )
  const head = Buffer.alloc(8)
  head.writeUIntLE(id, 0, 6)
  return eventBytes({
    type: EventType.TableMap,
    body: Buffer.concat([
      head,
      Buffer.from([schema.length]),
      Buffer.from(`${schema}\0`),
      Buffer.from([Buffer.byteLength(table)]),
      Buffer.from(`${table}\0`),
      Buffer.from([columns.length]),
      Buffer.alloc(columns.length, 3),
      Buffer.from([0]),
      Buffer.alloc((columns.length + 7) >> 3, 0xff),
      Buffer.from([4, names.length]),
      names
    ])
  })
}

/** WRITE_ROWS v2 of INT columns. */
export const writeRows = (id: number, rows: ReadonlyArray<ReadonlyArray<number | null>>): Buffer => {
  const head = Buffer.alloc(10)
  head.writeUIntLE(id, 0, 6)
  head.writeUInt16LE(2, 8)
  const width = rows[0]?.length ?? 1
  const bitmap = Buffer.alloc((width + 7) >> 3, 0xff)
  const images = rows.map((row) => {
    const nulls = Buffer.alloc((width + 7) >> 3)
    const values = row.map((value, i) => {
      const bytes = Buffer.alloc(value === null ? 0 : 4)
      if (value === null) nulls[i >> 3]! |= 1 << (i & 7)
      else bytes.writeInt32LE(value, 0)
      return bytes
    })
    return Buffer.concat([nulls, ...values])
  })
  return eventBytes({
    type: EventType.WriteRows,
    body: Buffer.concat([head, Buffer.from([width]), bitmap, ...images])
  })
}

export const FILE = "binlog.000001"

/** A reader of `lms.exam (id, score)` from the start of {@link FILE}. */
export const readerOf = (settings: Partial<ReaderSettings> = {}): TransactionReader =>
  new TransactionReader({
    tables: [{ schema: "lms", table: "exam", columns: ["id", "score"] }],
    charsetOf: () => "utf8mb4",
    mariadb: false,
    file: FILE,
    position: 4,
    sentFrom: 4,
    largestBytes: 1_000_000,
    nonTransactional: new Set(),
    acceptedStatements: new Set(),
    ...settings
  })

export interface Capture {
  readonly file: string
  readonly columns: ReadonlyArray<string>
  readonly charsets: Readonly<Record<string, string>>
  readonly packets: ReadonlyArray<Buffer>
}

/** One binlog file of a real server, of table `fx.types`, or of `fx.every` with every type; see fixtures/README.md. */
export const capture = (name: "mysql" | "mariadb" | "every-mysql" | "every-mariadb"): Capture => {
  const path = new URL(`fixtures/${name}.json`, import.meta.url)
  const stored = JSON.parse(readFileSync(path, "utf8")) as Omit<Capture, "packets"> & {
    readonly packets: ReadonlyArray<string>
  }
  return { ...stored, packets: stored.packets.map((packet) => Buffer.from(packet, "base64")) }
}

export const captureReader = (
  kind: "mysql" | "mariadb",
  columns?: ReadonlyArray<string>
): TransactionReader => {
  const { file, charsets, columns: all } = capture(kind)
  return readerOf({
    tables: [{ schema: "fx", table: "types", columns: columns ?? all }],
    charsetOf: (collation) => charsets[collation],
    mariadb: kind === "mariadb",
    file
  })
}
