/**
 * The chart rendered by the real helm, and what is kept of it in the repository: golden/ for review, deploy/kustomize for
 * those who use plain kubectl. Written by `make schemas`; tests find what is behind.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parse, parseAllDocuments, stringify } from "yaml"
import { runTool } from "./tools/find-tool.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
export const CHART = join(ROOT, "deploy/helm")

/** Profile and what a site adds to it. */
export const PROFILES = { small: "small", medium: "cluster", large: "cluster" } as const
export type Profile = keyof typeof PROFILES

export const profileFiles = (profile: Profile): ReadonlyArray<string> => [
  join(CHART, `values-${profile}.yaml`),
  join(CHART, "examples", `${PROFILES[profile]}.yaml`)
]

const NOTICE = /^level=INFO .*\n/gm

/** @param args further flags, such as `--set`; rejects with helm's own words */
export const renderChart = async (
  release: string,
  files: ReadonlyArray<string>,
  ...args: ReadonlyArray<string>
): Promise<string> => {
  const values = files.flatMap((file) => ["--values", file])
  const known = ["--api-versions", "monitoring.coreos.com/v1"]
  const text = await runTool(
    "helm",
    "template",
    release,
    CHART,
    "--namespace",
    "hr",
    ...known,
    ...values,
    ...args
  )
  return text.replaceAll(NOTICE, "")
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
}

export const objectsOf = (text: string): ReadonlyArray<KubeObject> =>
  parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as KubeObject | null
    return object === null ? [] : [object]
  })

/** Alerts and dashboard have their own files and tests. */
export const golden = async (profile: Profile): Promise<string> => {
  const objects = objectsOf(await renderChart("scores", profileFiles(profile)))
  const shown = objects.filter(
    ({ kind, metadata }) => kind !== "PrometheusRule" && !metadata.name.endsWith("-dashboard")
  )
  return shown.map((object) => stringify(object, { lineWidth: 0 })).join("---\n")
}

/** Files of deploy/kustomize/base that come from the chart, by name. */
export const kustomizeFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const [values, example] = profileFiles("small")
  const { config } = parse(await readFile(example!, "utf8")) as { config: unknown }
  // The ConfigMap is made by kustomize, whose name changes with its content, and so do the pods.
  const own = [
    "--set-json",
    "config={}",
    "--set",
    "existingConfigMap=gradewire",
    "--set",
    "migrate.enabled=false"
  ]
  const objects = objectsOf(await renderChart("gradewire", [values!, example!], ...own))
  const plain = objects
    .filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"] === undefined)
    .map((object) => stringify(withoutHelm(object), { lineWidth: 0 }))
  const connector = stringify(config, { lineWidth: 0 }).replaceAll("scores-nats", "gradewire-nats")
  return new Map([
    [
      "gradewire.yaml",
      `# Rendered from deploy/helm by \`make schemas\`; change it there, or in an overlay.\n${plain.join("---\n")}`
    ],
    ["connector.yaml", connector]
  ])
}

const HELM_LABELS = ["helm.sh/chart", "app.kubernetes.io/managed-by"]

const withoutHelm = (object: KubeObject): KubeObject =>
  JSON.parse(JSON.stringify(object), (key: string, value: unknown) =>
    HELM_LABELS.includes(key) ? undefined : value
  ) as KubeObject

if (import.meta.main) {
  for (const profile of Object.keys(PROFILES) as ReadonlyArray<Profile>) {
    await writeFile(join(CHART, "golden", `${profile}.yaml`), await golden(profile))
  }
  for (const [name, text] of await kustomizeFiles())
    await writeFile(join(ROOT, "deploy/kustomize/base", name), text)
}
