/** The chart through the real helm and kubectl: rendered, compared, validated, refused. No cluster takes part. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import packageJson from "../../package.json" with { type: "json" }
import { dashboard } from "../../deploy/dashboards/generate.ts"
import { chartSchema, chartValues } from "../../deploy/generate-chart-schema.ts"
import {
  CHART,
  golden,
  kustomizeFiles,
  type KubeObject,
  objectsOf,
  profileFiles,
  PROFILES,
  renderChart,
  type Profile
} from "../../deploy/render-chart.ts"
import { runTool } from "../../deploy/tools/find-tool.ts"
import { problemsOf } from "../support/connector-yaml.ts"
import { kubeProblems } from "../support/kube-schema.ts"

const profiles = Object.keys(PROFILES) as ReadonlyArray<Profile>
const renderProfile = (profile: Profile, ...args: ReadonlyArray<string>) =>
  renderChart("scores", profileFiles(profile), ...args)

const pods = (objects: ReadonlyArray<KubeObject>) =>
  objects.flatMap((object) => {
    if (object.kind === "Pod") return [{ name: object.metadata.name, spec: object.spec as PodSpec }]
    const { template } = (object.spec ?? {}) as { template?: { spec: PodSpec } }
    return template === undefined ? [] : [{ name: object.metadata.name, spec: template.spec }]
  })

interface PodSpec {
  readonly automountServiceAccountToken: boolean
  readonly securityContext: {
    readonly runAsNonRoot: boolean
    readonly seccompProfile: { readonly type: string }
  }
  readonly volumes: ReadonlyArray<object>
  readonly containers: ReadonlyArray<{
    readonly securityContext: object
    readonly resources: { readonly limits: { readonly memory: string } }
  }>
}

describe.each(profiles)("the profile %s", (profile) => {
  it("renders what golden/ holds; where that is meant to change, run make schemas (G3)", async () => {
    expect(await golden(profile)).toBe(await readFile(join(CHART, "golden", `${profile}.yaml`), "utf8"))
  })

  it("is valid for Kubernetes, without a field that it does not know (G3)", async () => {
    const problems: Array<string> = []
    for (const object of objectsOf(await renderProfile(profile)))
      problems.push(...(await kubeProblems(object)))
    expect(problems).toEqual([])
  })

  it("runs no pod with more rights than the restricted standard allows (G9)", async () => {
    for (const { spec } of pods(objectsOf(await renderProfile(profile)))) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: "RuntimeDefault" }
      })
      expect(spec.automountServiceAccountToken).toBe(false)
      expect(JSON.stringify(spec.volumes)).not.toContain("hostPath")
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] }
        })
        expect(container.resources.limits.memory).toMatch(/^\d+Mi$/)
      }
    }
  })

  it("hands gradewire a configuration that it accepts, whole numbers included (G3)", async () => {
    const config = objectsOf(await renderProfile(profile)).find(
      ({ data, metadata }) => metadata.name === "scores-gradewire" && data?.["connector.yaml"] !== undefined
    )!
    const text = config.data!["connector.yaml"]!
    expect(problemsOf(text)).toEqual([])
    expect(text).toMatch(/"maxBytes": \d{10,}/)
  })
})

describe("the chart", () => {
  it("replaces a lone pod by Recreate, and a standby one after the other (G6)", async () => {
    const strategies = async (profile: Profile) =>
      objectsOf(await renderProfile(profile))
        .filter(({ kind }) => kind === "Deployment")
        .map(({ spec }) => spec as { replicas: number; strategy: { type: string } })
    expect(await strategies("small")).toMatchObject([{ replicas: 1, strategy: { type: "Recreate" } }])
    const large = await strategies("large")
    expect(large).toHaveLength(3)
    for (const spec of large) expect(spec).toMatchObject({ replicas: 2, strategy: { type: "RollingUpdate" } })
    expect(await renderProfile("large")).toContain("--standby")
    expect(await renderProfile("medium")).not.toContain("--standby")
  })

  it("deals every lane out to one Deployment, and lanes to all of them (G6)", async () => {
    const dealt = async (...args: ReadonlyArray<string>) =>
      [...(await renderProfile("large", ...args)).matchAll(/--lanes, "([\d,]+)"/g)].map(([, lanes]) => lanes)
    expect(await dealt()).toEqual(["0,2", "1,3"])
    expect(await dealt("--set", "applyProcesses=3,config.apply.lanes=7")).toEqual(["0,3,6", "1,4", "2,5"])
    expect(await dealt("--set", "applyProcesses=1")).toEqual([])
  })

  it("lets alerts out to webhooks where there are some, and nowhere else (G9)", async () => {
    const webhook = 'config.alerts={"webhooks":[{"name":"hr","kind":"json","url":{"env":"HOOK"}}]}'
    expect(await renderProfile("medium")).not.toContain("webhooks of alerts")
    const text = await renderProfile("medium", "--set-json", webhook)
    expect(text).toContain("# webhooks of alerts\n    - ports: [{ port: 443, protocol: TCP }]")
    const kept = await renderProfile(
      "medium",
      "--set-json",
      webhook,
      "--set-json",
      'networkPolicy.webhookPeers=[{"ipBlock":{"cidr":"10.0.0.8/32"}}]'
    )
    expect(kept).toMatch(/# webhooks of alerts[^]*?cidr: 10\.0\.0\.8\/32/)
  })

  it("opens more ways out where a site says so (G9)", async () => {
    const rule = '[{"ports":[{"port":4318,"protocol":"TCP"}]}]'
    const text = await renderProfile("medium", "--set-json", `networkPolicy.extraEgress=${rule}`)
    expect(text).toMatch(/egress:[^]*?- ports:\n {6}- port: 4318/)
  })

  it("restarts the pods when the configuration changes, and only then (G3)", async () => {
    const checksum = (text: string) =>
      /checksum\/config: (\S+)/.exec(text.slice(text.indexOf("kind: Deployment")))?.[1]
    const before = checksum(await renderProfile("medium"))
    expect(checksum(await renderProfile("medium", "--set", "podLabels.team=hr"))).toBe(before)
    expect(checksum(await renderProfile("medium", "--set", "config.source.port=3308"))).not.toBe(before)
  })

  it.each([
    ["small", ["--set", "replicas=2"], "fence each other"],
    ["medium", ["--set", "ha.enabled=true"], "set replicas=2"],
    ["small", ["--set", "ha.enabled=true,replicas=2"], "single server"],
    ["small", ["--set", "config.changeLog.replicas=3"], "cannot keep replicas"],
    ["small", ["--set-json", 'config.changeLog.servers=["nats://elsewhere:4222"]'], "does not name it"],
    ["small", ["--set-json", "nats.token={}"], "belong together"],
    ["medium", ["--set", "applyProcesses=2"], "set topology=split"],
    ["large", ["--set", "applyProcesses=5"], "nothing to do"],
    ["medium", ["--set", "podSecurity.runAsUser=0"], "never runs as root"],
    ["medium", ["--set", "image.digest=latest"], "sha256:"],
    ["medium", ["--set", "config.http=false"], "cannot probe"],
    ["medium", ["--set", "existingConfigMap=mine"], "keep one"],
    ["medium", ["--set-json", "config={}"], "config is empty"],
    ["medium", ["--set", "config.target.password.file=/run/secrets/gradewire/other"], "secrets has no other"],
    ["medium", ["--set", "secrets.spare.secret=a,secrets.spare.key=b"], "secrets.spare is not used"],
    ["medium", ["--set", "config.target.password=hunter2"], "/config/target"],
    ["medium", ["--set", "config.source.prot=1"], "prot"],
    ["medium", ["--set", "autoscaling.enabled=true"], "autoscaling"]
  ] as const)("refuses for %s %s with the reason (G3)", async (profile, args, reason) => {
    await expect(renderProfile(profile, ...args)).rejects.toThrow(reason)
  })

  it("refuses monitoring objects on a cluster that does not know them (G3)", async () => {
    const values = profileFiles("medium").flatMap((file) => ["--values", file])
    await expect(runTool("helm", "template", "scores", CHART, ...values)).rejects.toThrow(
      /install the Prometheus operator/
    )
  })

  it("comments every value, uses every value, and uses none that it does not declare (G3)", async () => {
    const values = await chartValues()
    const leaves = values.filter(({ isGroup }) => !isGroup)
    expect(leaves.filter(({ comment }) => comment === undefined).map(({ path }) => path)).toEqual([])
    const folder = join(CHART, "templates")
    const files = (await readdir(folder, { recursive: true })).filter((file) =>
      /\.(yaml|tpl|txt)$/.test(file)
    )
    const text = (await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))).join("\n")
    const written = [...text.matchAll(/(?:\.Values|\$v)\.([\w.]+)/g)].map(([, path]) => path!)
    // Through `with .Values.image`, `$nats := .Values.nats` and `$policy := .Values.networkPolicy`.
    const within = (name: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map(([, path]) => `${name}.${path!}`)
    const used = new Set([
      ...written,
      ...within("nats", /\$nats\.([\w.]+)/g),
      ...within("networkPolicy", /\$policy\.([\w.]+)/g),
      ...["repository", "tag", "digest"].map((key) => `image.${key}`)
    ])
    const isUsed = (path: string) => [...used].some((name) => name === path || name.startsWith(`${path}.`))
    expect(leaves.map(({ path }) => path).filter((path) => !isUsed(path))).toEqual([])
    const declared = new Set(values.map(({ path }) => path))
    const isDeclared = (path: string): boolean =>
      declared.has(path) || leaves.some((leaf) => path.startsWith(`${leaf.path}.`))
    expect([...used].filter((path) => !isDeclared(path))).toEqual([])
  })

  it("has a schema and a dashboard that are not behind; else run make schemas (G3)", async () => {
    expect(await readFile(join(CHART, "values.schema.json"), "utf8")).toBe(await chartSchema())
    expect(await readFile("deploy/dashboards/gradewire.json", "utf8")).toBe(dashboard())
  })

  it("has the version of the program, passes helm lint, and packs what it needs (G3)", async () => {
    const chart = parse(await readFile(join(CHART, "Chart.yaml"), "utf8")) as Record<string, unknown>
    expect(chart).toMatchObject({ version: packageJson.version, appVersion: packageJson.version })
    const values = profileFiles("small").flatMap((file) => ["--values", file])
    expect(await runTool("helm", "lint", "--strict", CHART, ...values)).toContain("0 chart(s) failed")
  })
})

describe("kustomize", () => {
  it("holds what the chart renders; else run make schemas (G3)", async () => {
    for (const [name, text] of await kustomizeFiles()) {
      expect(await readFile(join("deploy/kustomize/base", name), "utf8")).toBe(text)
    }
  })

  it("builds, valid for Kubernetes, with a configuration that gradewire accepts (G3)", async () => {
    const objects = objectsOf(await runTool("kubectl", "kustomize", "deploy/kustomize/base"))
    const problems: Array<string> = []
    for (const object of objects) problems.push(...(await kubeProblems(object)))
    expect(problems).toEqual([])
    const config = objects.find(({ data }) => data?.["connector.yaml"] !== undefined)!
    expect(problemsOf(config.data!["connector.yaml"]!)).toEqual([])
    const deployment = objects.find(({ kind }) => kind === "Deployment")!
    expect(JSON.stringify(deployment)).toContain(config.metadata.name)
  })
})
