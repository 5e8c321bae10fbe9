/** The Dockerfile as its last stages mean it: what is copied from where, and how the container starts. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Copy, DockerfileParser, type Env, type Instruction, type Label } from "dockerfile-ast"

export interface CopyStep {
  readonly kind: "copy"
  /** name of the stage copied from; undefined: the build context */
  readonly from: string | undefined
  /** octal mode of `--chmod` */
  readonly mode: number | undefined
  readonly sources: ReadonlyArray<string>
  readonly target: string
}

export interface RunStep {
  readonly kind: "run"
  readonly command: string
}

export interface Stage {
  readonly name: string | undefined
  /** as written: an argument's name in `${}`, or an image */
  readonly base: string
  readonly steps: ReadonlyArray<CopyStep | RunStep>
  readonly workdir: string
  readonly user: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly entrypoint: ReadonlyArray<string>
  readonly command: ReadonlyArray<string>
}

type Building = { -readonly [K in keyof Stage]: Stage[K] } & { steps: Array<CopyStep | RunStep> }

const words = (instruction: Instruction): ReadonlyArray<string> =>
  instruction.getArguments().map((argument) => argument.getValue())

const jsonWords = (instruction: Instruction): ReadonlyArray<string> =>
  JSON.parse(instruction.getArgumentsContent() ?? "[]") as ReadonlyArray<string>

const pairs = (instruction: Env | Label): Record<string, string> =>
  Object.fromEntries(
    instruction.getProperties().map((property) => [property.getName(), property.getValue() ?? ""])
  )

const copyStep = (instruction: Copy): CopyStep => {
  const flag = (name: string): string | undefined =>
    instruction
      .getFlags()
      .find((candidate) => candidate.getName() === name)
      ?.getValue() ?? undefined
  const places = words(instruction)
  const mode = flag("chmod")
  return {
    kind: "copy",
    from: flag("from"),
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
    sources: places.slice(0, -1),
    target: places.at(-1)!
  }
}

const take = (stage: Building, instruction: Instruction): void => {
  switch (instruction.getKeyword()) {
    case "COPY":
      stage.steps.push(copyStep(instruction as Copy))
      return
    case "RUN":
      stage.steps.push({ kind: "run", command: instruction.getArgumentsContent() ?? "" })
      return
    case "WORKDIR":
      stage.workdir = words(instruction)[0]!
      return
    case "USER":
      stage.user = words(instruction)[0]
      return
    case "ENV":
      stage.environment = { ...stage.environment, ...pairs(instruction as Env) }
      return
    case "LABEL":
      stage.labels = { ...stage.labels, ...pairs(instruction as Label) }
      return
    case "ENTRYPOINT":
      stage.entrypoint = jsonWords(instruction)
      return
    case "CMD":
      stage.command = jsonWords(instruction)
      return
    case "ARG":
    case "STOPSIGNAL":
      return
    default:
      throw new Error(`Dockerfile: ${instruction.getKeyword()} is not followed by deploy/image/dockerfile.ts`)
  }
}

/** @throws on an instruction that it does not follow */
export const readDockerfile = async (root: string): Promise<ReadonlyArray<Stage>> => {
  const parsed = DockerfileParser.parse(await readFile(join(root, "Dockerfile"), "utf8"))
  const stages: Array<Building> = []
  for (const instruction of parsed.getInstructions()) {
    if (instruction.getKeyword() === "FROM") {
      const [base, , name] = words(instruction)
      stages.push({
        name,
        base: base!,
        steps: [],
        workdir: "/",
        user: undefined,
        environment: {},
        labels: {},
        entrypoint: [],
        command: []
      })
    } else if (stages.length > 0) take(stages.at(-1)!, instruction)
  }
  return stages
}
