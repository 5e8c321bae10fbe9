/**
 * The server's own conversion of every character of a character set, to make the decoder's tables from and to check
 * them with.
 *
 *   node test/integration/charset-tables.ts    writes connectors/mysql/binlog/charset-tables.ts
 */
import { writeFile } from "node:fs/promises"
import { pathToFileURL } from "node:url"
import { brotliCompressSync, constants } from "node:zlib"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import {
  CHARSET_SHAPES,
  emptyTable,
  isWithin,
  packTables,
  TRIPLE_FIRST,
  TRIPLE_LOWEST,
  TRIPLE_ROW,
  type CharsetShape,
  type CharsetTable
} from "../../connectors/mysql/binlog/charset-shape.ts"
import { startServer } from "../../deploy/servers/server.ts"

const bytesWithin = (ranges: CharsetShape["leads"]): ReadonlyArray<number> =>
  Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => isWithin(ranges, byte))

/** Every byte sequence that is one character by the set's rules. */
export const sequencesOf = (shape: CharsetShape): ReadonlyArray<Buffer> => {
  const trails = bytesWithin(shape.trails)
  const isMulti = shape.leads.length > 0
  const single = (byte: number): boolean =>
    // Half-width katakana of Shift JIS.
    byte < 0x80 || !isMulti || (isWithin([[0xa1, 0xdf]], byte) && !isWithin(shape.leads, byte))
  const singles = Array.from({ length: 256 }, (_, byte) => byte)
    .filter(single)
    .map((byte) => Buffer.from([byte]))
  const isEucJp = shape.hasTriples
  const pairs = bytesWithin(shape.leads).flatMap((lead) =>
    trails
      .filter((trail) => !(isEucJp && lead === 0x8e && trail > 0xdf))
      .map((trail) => Buffer.from([lead, trail]))
  )
  const triples = isEucJp
    ? trails.flatMap((second) => trails.map((third) => Buffer.from([TRIPLE_FIRST, second, third])))
    : []
  return [...singles, ...pairs, ...triples]
}

/** One code point for each sequence. */
export const serverCodes = async (
  sql: Connection,
  charset: string,
  sequences: ReadonlyArray<Buffer>
): Promise<ReadonlyArray<number>> => {
  const [rows] = await sql.query<Array<RowDataPacket & { readonly text: string }>>(
    `SELECT HEX(CONVERT(_${charset} x'${Buffer.concat([...sequences]).toString("hex")}' USING utf32)) AS text`
  )
  const bytes = Buffer.from(rows[0]!.text, "hex")
  if (bytes.length !== sequences.length * 4)
    throw new Error(`${charset}: ${bytes.length / 4} characters for ${sequences.length} sequences`)
  return sequences.map((_, i) => bytes.readUInt32BE(i * 4))
}

const QUESTION_MARK = 0x3f

const tableOf = async (sql: Connection, charset: string, shape: CharsetShape): Promise<CharsetTable> => {
  const table = emptyTable(shape)
  const sequences = sequencesOf(shape)
  const codes = await serverCodes(sql, charset, sequences)
  sequences.forEach(([first = 0, second = 0, third = 0], i) => {
    const length = sequences[i]!.length
    const code = codes[i] === QUESTION_MARK && !(length === 1 && first === QUESTION_MARK) ? 0 : codes[i]!
    if (length === 1) table.singles[first] = code
    else if (length === 2) table.pairs[(first - 0x80) * 256 + second] = code
    else table.triples[(second - TRIPLE_LOWEST) * TRIPLE_ROW + third - TRIPLE_LOWEST] = code
  })
  return table
}

const HEADER = `/**
 * Conversions of MySQL 9.7's character sets, made by test/integration/charset-tables.ts from the server's answers and
 * compared with both servers by test/integration/types.test.ts. Packed as told at packTables in charset-shape.ts.
 */
`

const write = async (): Promise<void> => {
  const server = await startServer("mysql")
  const sql = await createConnection({ uri: server.url })
  try {
    const tables = new Map<string, CharsetTable>()
    for (const [charset, shape] of CHARSET_SHAPES) tables.set(charset, await tableOf(sql, charset, shape))
    const packed = packTables(tables)
    const text = brotliCompressSync(packed, {
      params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: packed.length }
    }).toString("base64")
    const file = new URL("../../connectors/mysql/binlog/charset-tables.ts", import.meta.url)
    await writeFile(file, `${HEADER}export const CHARSET_TABLES =\n  "${text}"\n`)
    process.stdout.write(`${packed.length} bytes of tables, ${text.length} characters written\n`)
  } finally {
    await sql.end()
    await server.stop()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await write()
