/** What can be wrong with a configuration before anything is connected to. No message repeats a secret (G9). */
import { Schema } from "effect"
import type { Fate } from "../../schemas/failure.ts"
import type { Path } from "./path-text.ts"

/** One thing to mend in the file. `line` and `column` are 1-based; `path` is empty for the file as a whole. */
export interface Problem {
  readonly line: number
  readonly column: number
  /** `tables[1].target.columns.exam_score` */
  readonly path: string
  readonly message: string
  readonly fix: string
}

/** The same before it is known where in the file the path stands. */
export interface ConfigIssue {
  readonly path: Path
  /** Whether the key itself is at fault rather than its value. */
  readonly end: "key" | "value"
  readonly message: string
  readonly fix: string
}

const ProblemShape = Schema.Struct({
  line: Schema.Int,
  column: Schema.Int,
  path: Schema.String,
  message: Schema.String,
  fix: Schema.String
})

/** `connector.yaml:12:5  source.port  expected …, found …  (fix)` */
const problemLine = (file: string, problem: Problem): string => {
  const place = `${file}:${problem.line}:${problem.column}`
  const text = [place, problem.path, problem.message].filter((part) => part !== "").join("  ")
  return problem.fix === "" ? text : `${text}  (${problem.fix})`
}

export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  message: Schema.String,
  file: Schema.String,
  /** All of them, in the order of the file. */
  problems: Schema.Array(ProblemShape)
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "Mend every line above, then run: gradewire config validate --config FILE"

  static of(file: string, problems: ReadonlyArray<Problem>): ConfigInvalid {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`
    const lines = problems.map((problem) => problemLine(file, problem))
    return new ConfigInvalid({ message: [`${count} in ${file}`, ...lines].join("\n  "), file, problems })
  }
}

/** The file is missing, not readable, empty, or no UTF-8. */
export class ConfigUnreadable extends Schema.TaggedError<ConfigUnreadable>()("ConfigUnreadable", {
  message: Schema.String,
  file: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

/** The file or environment variable of a secret or a certificate is missing, not readable or empty. */
export class SecretUnreadable extends Schema.TaggedError<SecretUnreadable>()("SecretUnreadable", {
  message: Schema.String,
  /** Where the configuration names it: `source.password`. */
  path: Schema.String,
  /** `file /run/secrets/lms` or `environment variable LMS_PASSWORD`. */
  place: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}
