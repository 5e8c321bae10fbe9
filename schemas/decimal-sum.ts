/** Sums of exact decimals as text: what BigInt can count, no float. Pure. */

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/

/**
 * Without trailing zeros: `["0.50", "-1"]` gives `-0.5`.
 *
 * @returns null where one of them is not known, or no plain decimal
 */
export const sumDecimals = (texts: ReadonlyArray<string | null>): string | null => {
  let units = 0n
  let scale = 0
  for (const text of texts) {
    const parts = text === null ? null : PLAIN.exec(text)
    if (parts === null) return null
    const [, sign, whole = "", fraction = ""] = parts
    if (fraction.length > scale) {
      units *= 10n ** BigInt(fraction.length - scale)
      scale = fraction.length
    }
    const value = BigInt(whole + fraction.padEnd(scale, "0"))
    units += sign === "-" ? -value : value
  }
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0")
  const at = digits.length - scale
  const fraction = digits.slice(at).replace(/0+$/, "")
  return `${units < 0n ? "-" : ""}${digits.slice(0, at)}${fraction === "" ? "" : `.${fraction}`}`
}
