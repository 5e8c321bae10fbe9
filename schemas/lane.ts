/**
 * Which lane of apply a change belongs to: one learner's changes always to the same one, so that their order holds.
 *
 * The hash is written down here and never changes, or two versions would apply one learner in two lanes: 32-bit FNV-1a
 * over the UTF-8 bytes of the id (http://www.isthe.com/chongo/tech/comp/fnv), its bits mixed by the finalizer of
 * MurmurHash3, because FNV's low bits are weak for numbers that count up; the lane is the remainder by the number of lanes.
 */
export const LANES_MAX = 64

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const utf8 = new TextEncoder()

export const hashText = (text: string): number => {
  let hash = FNV_OFFSET
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return mixed(hashBytes(utf8.encode(text)))
    hash = Math.imul(hash ^ code, FNV_PRIME)
  }
  return mixed(hash)
}

const hashBytes = (bytes: Uint8Array): number => {
  let hash = FNV_OFFSET
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME)
  return hash
}

const mixed = (hash: number): number => {
  let bits = hash ^ (hash >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** 0 … lanes - 1 */
export const laneOfText = (text: string, lanes: number): number => hashText(text) % lanes

/** One of several lanes that share a connector's work. */
export interface Lane {
  readonly lane: number
  /** How many there are. */
  readonly lanes: number
}

export const ONLY_LANE: Lane = { lane: 0, lanes: 1 }
