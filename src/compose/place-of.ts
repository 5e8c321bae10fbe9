/** A position as a DBA writes it: the position knows the file by its number alone; its name is written as the anchor's. */
import type { Anchor } from "../../schemas/anchor.ts"
import { parsePosition, type PositionText } from "../../schemas/position.ts"

export const placeOf = (
  anchor: Pick<Anchor, "file"> | null,
  position: PositionText
): { readonly file: string | null; readonly position: number | null } => {
  const place = parsePosition(position)
  const name = anchor === null ? null : /^(.*\.)(\d+)$/.exec(anchor.file)
  if (name === null || place === undefined) return { file: null, position: null }
  const number = String(place.file).padStart(name[2]!.length, "0")
  return { file: `${name[1]}${number}`, position: place.transaction }
}
