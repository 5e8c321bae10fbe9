/**
 * values.schema.json of the chart, from values.yaml itself: the shape of every value, with its comment as description, and
 * nothing beside it. `config` is checked by the connector's own schema. Written by generate-schemas.ts.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml"
import { configJsonSchema } from "../src/runtime/json-schema.ts"

const CHART = join(import.meta.dirname, "helm")

type Json = Readonly<Record<string, unknown>>

const REFERENCE: Json = {
  type: "object",
  properties: { secret: { type: "string", minLength: 1 }, key: { type: "string", minLength: 1 } },
  required: ["secret", "key"],
  additionalProperties: false
}
const OBJECTS: Json = { type: "array", items: { type: "object" } }
const STRINGS: Json = { type: "object", additionalProperties: { type: "string" } }
const PORT: Json = { type: "integer", minimum: 0, maximum: 65_535 }

/** Where the value itself does not say its whole shape. */
const SHAPES: Readonly<Record<string, Json>> = {
  secrets: { type: "object", additionalProperties: REFERENCE },
  "nats.token": { anyOf: [{ type: "object", maxProperties: 0 }, REFERENCE] },
  topology: { enum: ["combined", "split"] },
  logLevel: { enum: ["error", "warn", "info", "debug", "trace"] },
  applyProcesses: { type: "integer", minimum: 1, maximum: 64 },
  replicas: { type: "integer", minimum: 1, maximum: 9 },
  "image.pullPolicy": { enum: ["Always", "IfNotPresent", "Never"] },
  "image.pullSecrets": OBJECTS,
  "migrate.activeDeadlineSeconds": { type: "integer", minimum: 1 },
  terminationGracePeriodSeconds: { type: "integer", minimum: 10 },
  "podSecurity.runAsUser": { type: "integer", minimum: 0 },
  extraEnv: OBJECTS,
  tolerations: OBJECTS,
  podLabels: STRINGS,
  podAnnotations: STRINGS,
  nodeSelector: STRINGS,
  affinity: { type: "object" },
  resources: { type: "object" },
  "nats.resources": { type: "object" },
  "networkPolicy.sourcePeers": OBJECTS,
  "networkPolicy.changeLogPeers": OBJECTS,
  "networkPolicy.targetPeers": OBJECTS,
  "networkPolicy.metricsPeers": OBJECTS,
  "networkPolicy.webhookPeers": OBJECTS,
  "networkPolicy.extraEgress": OBJECTS,
  "networkPolicy.webhookPort": { ...PORT, minimum: 1 },
  "networkPolicy.ports": {
    type: "object",
    properties: { source: PORT, changeLog: PORT, target: PORT },
    additionalProperties: false
  },
  "service.port": { ...PORT, minimum: 1024 },
  "serviceMonitor.labels": STRINGS,
  "prometheusRule.labels": STRINGS,
  "dashboard.labels": STRINGS
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key)

/** The lines of `#` before it, without the ruled headings of sections. */
const commentOf = (pair: Pair): string | undefined => {
  const text = isScalar(pair.key) ? pair.key.commentBefore : undefined
  const paragraph = text?.split(/\n\s*\n/).at(-1)
  return paragraph
    ?.split("\n")
    .map((line) => line.trim())
    .filter((line) => !line.startsWith("──"))
    .join(" ")
}

export interface ChartValue {
  /** `image.tag` */
  readonly path: string
  readonly comment: string | undefined
  /** holds further values of the chart */
  readonly isGroup: boolean
}

/** Every value of the chart in its order. */
export const chartValues = async (): Promise<ReadonlyArray<ChartValue>> => {
  const found: Array<ChartValue> = []
  const walk = (map: YAMLMap, prefix: string, first?: string): void => {
    for (const [place, item] of map.items.entries()) {
      const path = prefix + keyOf(item)
      const isGroup = isMap(item.value) && SHAPES[path] === undefined && path !== "config"
      // The comment before a map's first key belongs to the map in the parser's eyes.
      found.push({ path, comment: commentOf(item) ?? (place === 0 ? first : undefined), isGroup })
      if (isGroup) walk(item.value as YAMLMap, `${path}.`, (item.value as YAMLMap).commentBefore?.trim())
    }
  }
  const { contents } = parseDocument(await readFile(join(CHART, "values.yaml"), "utf8"))
  const top = contents as unknown as YAMLMap
  walk(top, "", top.commentBefore?.split("\n").at(-1)?.trim())
  return found
}

const typeOf = (value: unknown): Json => {
  if (typeof value === "boolean") return { type: "boolean" }
  if (typeof value === "number") return { type: "integer" }
  return { type: "string" }
}

const schemaOf = (map: YAMLMap, prefix: string, comments: ReadonlyMap<string, string | undefined>): Json => {
  const properties: Record<string, Json> = {}
  for (const item of map.items) {
    const path = prefix + keyOf(item)
    const shape =
      path === "config"
        ? { anyOf: [{ type: "object", maxProperties: 0 }, bare(configJsonSchema())] }
        : (SHAPES[path] ??
          (isMap(item.value)
            ? schemaOf(item.value, `${path}.`, comments)
            : typeOf(isScalar(item.value) ? item.value.value : null)))
    const description = comments.get(path)
    properties[keyOf(item)] = description === undefined ? shape : { description, ...shape }
  }
  // Helm adds `global` to every chart's values.
  if (prefix === "") properties["global"] = { type: "object" }
  return { type: "object", properties, additionalProperties: false }
}

/** Names itself nowhere, because it stands inside another schema. */
const bare = ({ $id: _id, $schema: _schema, ...schema }: Json): Json => schema

export const chartSchema = async (): Promise<string> => {
  const { contents } = parseDocument(await readFile(join(CHART, "values.yaml"), "utf8"))
  const comments = new Map((await chartValues()).map(({ comment, path }) => [path, comment]))
  const schema = schemaOf(contents as unknown as YAMLMap, "", comments)
  return `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", ...schema })}\n`
}

export const writeChartSchema = async (): Promise<void> =>
  writeFile(join(CHART, "values.schema.json"), await chartSchema())
