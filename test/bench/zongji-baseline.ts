/**
 * zongji's own decoder over captured packets, driven the way its packet callback drives it (lib/sequence/binlog.js):
 * the baseline of the decode bench. Its modules are not exported, so they are imported by path.
 */
import ZongJi from "@vlasky/zongji"

interface BaselinePacket {
  parse(parser: unknown): void
  getEvent(): BaselineEvent
}

interface BaselineEvent {
  getTypeName(): string
  readonly tableId: number
  readonly schemaName: string
  readonly tableName: string
  readonly rows: ReadonlyArray<unknown>
  buildColumnSchemas(): unknown
  updateColumnInfo(): void
}

const lib = new URL("../../node_modules/@vlasky/zongji/lib/", import.meta.url)
const { default: initBinlogPacketClass } = (await import(new URL("packet/binlog.js", lib).href)) as {
  default: (zongji: unknown) => new () => BaselinePacket
}
const { Parser } = (await import(new URL("reader.js", lib).href)) as {
  Parser: new (packet: { buffer: Buffer; offset: number; end: number }) => unknown
}

/** Decodes everything, dates as text; returns the number of rows. */
export const zongjiRows = (packets: ReadonlyArray<Buffer>): number => {
  const zongji = new ZongJi({}) as unknown as Record<string, unknown> & { tableMap: Record<number, unknown> }
  zongji["useChecksum"] = true
  zongji["connection"] = { config: { dateStrings: true, timezone: "Z" } }
  const BinlogPacket = initBinlogPacketClass(zongji)
  let rows = 0
  for (const event of packets) {
    // Its parser expects the status byte that stands before an event on the wire.
    const buffer = event.buffer as ArrayBuffer
    const start = event.byteOffset - 1
    const withStatus = Buffer.from(buffer, start, event.length + 1)
    const packet = new BinlogPacket()
    packet.parse(new Parser({ buffer: withStatus, offset: 0, end: withStatus.length }))
    const decoded = packet.getEvent()
    const type = decoded.getTypeName()
    if (type === "TableMap") {
      zongji.tableMap[decoded.tableId] = {
        columnSchemas: decoded.buildColumnSchemas(),
        parentSchema: decoded.schemaName,
        tableName: decoded.tableName
      }
      decoded.updateColumnInfo()
    } else if (type === "WriteRows") rows += decoded.rows.length
  }
  return rows
}
