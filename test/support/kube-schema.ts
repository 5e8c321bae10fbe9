/**
 * Is an object what Kubernetes' OpenAPI schemas describe, and does it hold no field that they do not know? An API server
 * drops unknown fields with a warning, which is how a misspelt probe comes to be missing.
 */
import type { KubeObject } from "../../deploy/render-chart.ts"

interface Validate {
  (value: unknown): boolean
  readonly errors?: ReadonlyArray<{ readonly instancePath: string; readonly message?: string }> | null
}

const GROUPS: Readonly<Record<string, string>> = {
  v1: "Core",
  "apps/v1": "Apps",
  "batch/v1": "Batch",
  "policy/v1": "Policy",
  "networking.k8s.io/v1": "Networking"
}

/** Custom resources have no schema here; helm and the rules' own tests look at them. */
const CUSTOM = ["monitoring.coreos.com/v1"]

/** The validators read each property that they know by its name, so what is never read is unknown. */
const watched = (value: unknown, path: string, unread: Set<string>): unknown => {
  if (typeof value !== "object" || value === null) return value
  const children = new Map<string, unknown>()
  for (const [key, inner] of Object.entries(value)) {
    const own = `${path}/${key}`
    if (!Array.isArray(value)) unread.add(own)
    children.set(key, watched(inner, own, unread))
  }
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key === "string" && children.has(key)) {
        unread.delete(`${path}/${key}`)
        return children.get(key)
      }
      return Reflect.get(target, key) as unknown
    }
  })
}

/** One line for each problem. */
export const kubeProblems = async (object: KubeObject): Promise<ReadonlyArray<string>> => {
  const { apiVersion, kind, metadata } = object
  const name = `${kind} ${metadata.name}`
  if (CUSTOM.includes(apiVersion)) return []
  const group = GROUPS[apiVersion]
  if (group === undefined) return [`${name}: no schema is known for ${apiVersion}`]
  const file = `../../node_modules/kubernetes-models/_schemas/IoK8sApi${group}V1${kind}.js`
  const { validate } = (await import(file)) as { validate: Validate }
  const unread = new Set<string>()
  if (!validate(watched(object, "", unread))) {
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${name}: ${instancePath} ${message ?? ""}`
    )
  }
  return [...unread].map((path) => `${name}: ${path} is not known`)
}
