/**
 * Text of a column, from the bytes of its character set. Which set a collation id means is the server's own answer
 * (`information_schema`), because ids differ: MariaDB numbers its NOPAD collations from 1024 and uca1400 from 2048.
 */
import { charsetDecoder, type CharsetDecoder } from "./charset-decoder.ts"
import { DecodeFailure } from "./decode-failure.ts"

/** How a string column becomes text; `undefined` fields are handled by the generated code itself. */
export type TextKind = "utf8" | "ascii" | "latin1" | "base64" | CharsetDecoder

export const BINARY_COLLATION = 63

/** @param column for the error: `schema.table.column` */
export const textKind = (
  charset: string | undefined,
  collation: number | undefined,
  column: string
): TextKind => {
  switch (charset) {
    case "utf8":
    case "utf8mb3":
    case "utf8mb4":
      return "utf8"
    case "ascii":
      return "ascii"
    case "latin1":
      return "latin1"
    case "binary":
      return "base64"
    default: {
      const decoder = charset === undefined ? undefined : charsetDecoder(charset)
      if (decoder !== undefined) return decoder
      throw new DecodeFailure(
        `${column} in character set ${charset ?? `of collation ${collation ?? "unknown"}`}`,
        `character set ${charset ?? `of collation ${collation ?? "unknown"}`} of ${column} is not known`,
        `ALTER TABLE ${column.split(".").slice(0, -1).join(".")} CONVERT TO CHARACTER SET utf8mb4;`
      )
    }
  }
}

/** Labels of ENUM and SET columns. */
export const decodeLabel = (kind: TextKind, bytes: Buffer): string => {
  if (kind === "utf8") return bytes.toString("utf8")
  if (kind === "ascii") return bytes.toString("latin1")
  if (kind === "latin1") return cp1252(bytes.toString("latin1"))
  if (kind === "base64") return bytes.toString("utf8")
  return kind.decode(bytes)
}

/** A string column's value; see the generated code for the usual ones. */
export const textOf = (kind: TextKind, bytes: Buffer): string =>
  kind === "base64" ? bytes.toString("base64") : decodeLabel(kind, bytes)

// MySQL's latin1 is cp1252 (manual, West European Character Sets); the five bytes cp1252 leaves open stay controls.
const CP1252_C1 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178"

const C1 = /[\u0080-\u009f]/g

/** ISO-8859-1 text whose C1 controls are cp1252's printable characters. */
export const cp1252 = (latin1: string): string =>
  latin1.replace(C1, (control) => CP1252_C1[control.charCodeAt(0) - 0x80]!)
