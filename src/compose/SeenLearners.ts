/**
 * Which learners of score rows have been met: a hash of 64 bits each, so that a million takes some 16 MiB. Two learners of
 * one hash count as one; among a million the chance of that is one in thirty million.
 */
import { hash } from "node:crypto"

const FIRST_SLOTS = 1 << 12
/** Of an empty slot. */
const NOBODY = 0n

export class SeenLearners {
  #slots = new BigUint64Array(FIRST_SLOTS)
  #count = 0

  /** Whether it is the first time. */
  add(learner: string): boolean {
    const value = BigInt(`0x${hash("sha256", learner).slice(0, 16)}`) || 1n
    if (2 * this.#count >= this.#slots.length) this.#grow()
    if (!put(this.#slots, value)) return false
    this.#count += 1
    return true
  }

  #grow(): void {
    const wider = new BigUint64Array(2 * this.#slots.length)
    for (const value of this.#slots) if (value !== NOBODY) put(wider, value)
    this.#slots = wider
  }
}

const put = (slots: BigUint64Array, value: bigint): boolean => {
  const mask = slots.length - 1
  let place = Number(value & 0xffff_ffffn) & mask
  while (slots[place] !== NOBODY) {
    if (slots[place] === value) return false
    place = (place + 1) & mask
  }
  slots[place] = value
  return true
}
