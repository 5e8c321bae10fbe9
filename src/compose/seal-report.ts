/** Seals of reports: made, and looked at (schemas/reconciliation-report.ts says what they are). Pure but for the keys it is given. */
import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto"
import {
  REPORT_FORMAT,
  type ReconciliationReport,
  type ReportSeal,
  type UnsealedReport
} from "../../schemas/reconciliation-report.ts"
import { canonicalJson } from "./canonical-json.ts"

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex")

interface Part {
  /** As a person knows it. */
  readonly name: string
  readonly hash: string
}

const partsOf = ({ differences, repairs, tables, ...head }: UnsealedReport): ReadonlyArray<Part> => [
  { name: "head", hash: sha256(canonicalJson(head)) },
  ...tables.map((one) => ({ name: `table ${one.table}`, hash: sha256(canonicalJson(one)) })),
  ...repairs.map((one) => ({
    name: `repairs of ${one.table} by ${one.by}`,
    hash: sha256(canonicalJson(one))
  })),
  ...differences.map((one) => ({
    name: `difference ${one.kind} ${one.id}`,
    hash: sha256(canonicalJson(one))
  }))
]

const digestOf = (parts: ReadonlyArray<string>): string => sha256(parts.join("\n"))
const signed = (digest: string): Buffer => Buffer.from(`${REPORT_FORMAT}\n${digest}`)
const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" })

/** @param key Ed25519, private; `undefined`: unsigned */
export const sealReport = (report: UnsealedReport, key: KeyObject | undefined): ReconciliationReport => {
  const parts = partsOf(report).map(({ hash }) => hash)
  const digest = digestOf(parts)
  const publicKey = key === undefined ? undefined : spki(createPublicKey(key))
  const seal: ReportSeal = {
    algorithm: "SHA-256",
    parts,
    digest,
    signature:
      key === undefined || publicKey === undefined
        ? null
        : {
            algorithm: "Ed25519",
            keyFingerprint: sha256(publicKey),
            publicKey: publicKey.toString("base64"),
            value: sign(null, signed(digest), key).toString("base64")
          }
  }
  return { ...report, seal }
}

/**
 * What does not fit the seal, in words; nothing: the report is as it was sealed.
 *
 * @param raw the report as it was parsed, so that members that do not belong there count too
 */
export const brokenParts = (raw: ReconciliationReport): ReadonlyArray<string> => {
  const { seal, ...report } = raw
  const found = partsOf(report)
  const sealed = new Map<string, number>()
  for (const hash of seal.parts) sealed.set(hash, (sealed.get(hash) ?? 0) + 1)
  const foreign = found.filter(({ hash }) => {
    const left = sealed.get(hash) ?? 0
    if (left > 0) sealed.set(hash, left - 1)
    return left === 0
  })
  const gone = [...sealed.values()].reduce((sum, n) => sum + n, 0)
  const isMoved =
    foreign.length === 0 && gone === 0 && found.some(({ hash }, index) => hash !== seal.parts[index])
  const removed = Math.max(0, gone - foreign.length)
  return [
    ...foreign.map(({ name }) => `${name} was altered or added`),
    ...(removed > 0 ? [`${removed} rows were removed`] : []),
    ...(isMoved ? ["rows stand in another order"] : []),
    ...(digestOf(seal.parts) === seal.digest ? [] : ["the seal itself was altered: its digest is another"])
  ]
}

/**
 * - `none` the report was not signed · `invalid` the signature does not fit the digest
 * - `other` it fits, but another key made it than the one that was asked for · `valid`
 */
export type SignatureState = "none" | "invalid" | "other" | "valid"

/** @param wanted the public key that must have signed; `undefined`: whichever the report names */
export const signatureState = (
  { digest, signature }: ReportSeal,
  wanted: KeyObject | undefined
): SignatureState => {
  if (signature === null) return "none"
  const der = Buffer.from(signature.publicKey, "base64")
  if (signature.keyFingerprint !== sha256(der)) return "invalid"
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" })
    if (!verify(null, signed(digest), key, Buffer.from(signature.value, "base64"))) return "invalid"
    return wanted === undefined || wanted.equals(key) ? "valid" : "other"
  } catch {
    return "invalid"
  }
}
