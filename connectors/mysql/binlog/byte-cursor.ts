/**
 * Bounds-checked little-endian reading, for the events that are not rows. A read past the end throws; it never returns
 * bytes of a neighbouring event.
 */
import { damaged } from "./decode-failure.ts"

export class ByteCursor {
  readonly bytes: Buffer
  readonly end: number
  readonly what: string
  offset: number

  constructor(bytes: Buffer, offset: number, end: number, what: string) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
    this.what = what
  }

  get remaining(): number {
    return this.end - this.offset
  }

  private claim(length: number): number {
    const at = this.offset
    if (length < 0 || length > this.end - at) {
      throw damaged(this.what, `${this.what}: ${length} bytes expected, ${this.end - at} left`)
    }
    this.offset = at + length
    return at
  }

  u8(): number {
    return this.bytes[this.claim(1)]!
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.claim(2))
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.claim(4))
  }

  /** 1..6 bytes. */
  uint(length: number): number {
    return this.bytes.readUIntLE(this.claim(length), length)
  }

  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.claim(8))
  }

  skip(length: number): void {
    this.claim(length)
  }

  /** A view, not a copy. */
  take(length: number): Buffer {
    const at = this.claim(length)
    return this.bytes.subarray(at, at + length)
  }

  rest(): Buffer {
    return this.take(this.remaining)
  }

  /** Length-encoded integer of the client/server protocol; values above 2^53 are refused. */
  lenenc(): number {
    const first = this.u8()
    if (first < 251) return first
    if (first === 252) return this.u16()
    if (first === 253) return this.uint(3)
    if (first === 254) {
      const value = this.u64()
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    }
    throw damaged(this.what, `${this.what}: bad length-encoded integer`)
  }

  /**
   * Variable-length integer of MySQL's serialization framework (mysql-server
   * libs/mysql/serialization/variable_length_integers.h): trailing one-bits of the first byte count the further bytes.
   */
  varint(): bigint {
    const first = this.u8()
    let extra = 0
    while (extra < 8 && ((first >> extra) & 1) === 1) extra++
    if (extra === 8) return this.u64()
    let rest = 0n
    for (let i = 0; i < extra; i++) rest |= BigInt(this.u8()) << BigInt(8 * i)
    return (BigInt(first) >> BigInt(extra + 1)) | (rest << BigInt(7 - extra))
  }
}
