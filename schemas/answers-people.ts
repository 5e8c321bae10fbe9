/** Answers about people and their scores: what is held, refused, traced. Keys of people are masked unless `revealed` says otherwise. */
import { Schema } from "effect"
import { LETTER_STATES } from "./dead-letter.ts"
import { HELD_STATES } from "./held.ts"

const Text = Schema.NullOr(Schema.String)
/** RFC 3339 UTC. */
const Time = Schema.String

const HeldResult = Schema.Struct({
  result: Schema.String,
  learner: Text,
  position: Schema.String,
  reason: Schema.String,
  candidates: Schema.Int,
  state: Schema.Literals(HELD_STATES),
  /** RFC 3339 UTC. */
  heldAt: Time,
  ageSeconds: Schema.Finite
})

/** `gradewire held list`: results, without what they are worth. */
export const HeldAnswer = Schema.Array(HeldResult)

const Candidate = Schema.Struct({
  employee: Schema.String,
  /** Kinds of key that hit: employeeNo, externalId, email, phone. */
  by: Schema.Array(Schema.String)
})

const personDecision = {
  /** RFC 3339 UTC. */
  at: Time,
  action: Schema.Literals(["resolve", "relink", "ignore", "restore"]),
  from: Text,
  to: Text,
  results: Schema.Int,
  by: Schema.String,
  why: Schema.String
}
const PersonDecision = Schema.Struct(personDecision)

/** `gradewire held show`. */
export const HeldOneAnswer = Schema.Struct({
  held: HeldResult,
  keys: Schema.Struct({ employeeNo: Text, externalId: Text, phone: Text, email: Text, name: Text }),
  /** Employee whom the learner is linked to. */
  linked: Text,
  candidates: Schema.Array(Candidate),
  decisions: Schema.Array(PersonDecision),
  /** The change event that is held. */
  event: Schema.Unknown,
  revealed: Schema.Boolean
})

/** `gradewire held resolve` and `held import`. */
export const ResolutionAnswer = Schema.Struct({
  people: Schema.Array(
    Schema.Struct({
      result: Schema.String,
      learner: Text,
      /** Results that were filed now, and those that wait for something else. */
      filed: Schema.Int,
      held: Schema.Int
    })
  ),
  /** Orders, or lines, that had been carried out before. */
  already: Schema.Int,
  /** Lines of a file without an employee. */
  empty: Schema.Int
})

/** `gradewire held ignore` and `held restore`. */
export const AsideAnswer = Schema.Struct({ ignored: Schema.Boolean, results: Schema.Int })

/** `gradewire held relink`. */
export const RelinkAnswer = Schema.Struct({
  /** Results that were filed for the learner and moved. */
  moved: Schema.Int,
  from: Schema.String,
  to: Schema.String
})

const letter = {
  position: Schema.String,
  table: Schema.String,
  result: Text,
  type: Schema.String,
  eventId: Schema.String,
  reason: Schema.String,
  detail: Schema.String,
  state: Schema.Literals(LETTER_STATES),
  /** RFC 3339 UTC. */
  at: Time,
  updatedAt: Time,
  ageSeconds: Schema.Finite,
  /** An earlier change of the same result, which comes first. */
  behind: Text
}
const Letter = Schema.Struct(letter)

/** `gradewire deadletters list`. */
export const DeadLettersAnswer = Schema.Array(Letter)

/** `gradewire deadletters show`. */
export const LetterAnswer = Schema.Struct({
  letter: Letter,
  /** The change event that was refused. */
  event: Schema.Unknown,
  decisions: Schema.Array(
    Schema.Struct({
      /** RFC 3339 UTC. */
      at: Time,
      action: Schema.Literals(["replay", "discard"]),
      by: Schema.String,
      why: Text
    })
  ),
  revealed: Schema.Boolean
})

/** `gradewire deadletters replay` and `deadletters discard`. */
export const SettlementAnswer = Schema.Struct({
  action: Schema.Literals(["replay", "discard"]),
  /** False: nothing was changed, this is what would be. */
  executed: Schema.Boolean,
  letters: Schema.Array(
    Schema.Struct({
      ...letter,
      /** `settled`: filed, held, or outdated by now; `pending`: marked, and nobody has attempted it yet. */
      outcome: Schema.NullOr(Schema.Literals(["settled", "refused", "pending", "discarded"]))
    })
  ),
  /** Later changes of the same results, which follow by themselves. */
  following: Schema.Int,
  /** Who applies, as far as the HR database knows. */
  writer: Schema.NullOr(Schema.Struct({ holder: Schema.String, idleSeconds: Schema.Finite }))
})

const LedgerEntry = Schema.Struct({
  result: Schema.String,
  state: Schema.Literals(["recorded", "revoked"]),
  position: Schema.String,
  eventId: Schema.String,
  learner: Text,
  employee: Text,
  /** What proved the person; null: filed by an older version. */
  rule: Text,
  /** RFC 3339 UTC. */
  appliedAt: Time
})

const PersonLink = Schema.Struct({
  learner: Schema.String,
  employee: Schema.String,
  rule: Schema.String,
  /** RFC 3339 UTC. */
  linkedAt: Time
})

/** `gradewire trace RESULT`. */
export const TraceAnswer = Schema.Struct({
  result: Schema.String,
  explanation: Schema.Struct({
    verdict: Schema.Literals([
      "filed",
      "filed-behind",
      "revoked",
      "held",
      "ignored",
      "refused",
      "discarded",
      "under-way",
      "unknown"
    ]),
    because: Schema.String,
    /** What to do or where to look. */
    next: Text
  }),
  /** Where the newest known change stands in the binlog. */
  source: Schema.NullOr(
    Schema.Struct({
      position: Schema.String,
      eventId: Schema.String,
      file: Schema.String,
      byte: Schema.Finite,
      /** A copied row has no transaction of its own. */
      copied: Schema.Boolean,
      type: Text,
      committedAt: Text
    })
  ),
  /** Its message; `gone`: the change log no longer holds it; `unasked`: it did not answer in time. */
  log: Schema.Struct({
    state: Schema.Literals(["there", "gone", "unasked"]),
    sequence: Schema.NullOr(Schema.Finite)
  }),
  link: Schema.NullOr(PersonLink),
  ledger: Schema.NullOr(LedgerEntry),
  held: Schema.NullOr(HeldResult),
  candidates: Schema.Array(Candidate),
  letters: Schema.Array(Letter),
  decisions: Schema.Array(PersonDecision),
  /** Of gradewire's own tables; other targets keep none. */
  history: Schema.Array(
    Schema.Struct({
      position: Schema.String,
      state: Schema.String,
      type: Schema.String,
      eventId: Schema.String,
      employee: Schema.String,
      rule: Text,
      /** RFC 3339 UTC. */
      committedAt: Time,
      appliedAt: Time
    })
  ),
  /** How far apply is. */
  lanes: Schema.Array(
    Schema.Struct({
      lane: Schema.Int,
      position: Schema.String,
      file: Text,
      /** Everything that the source committed until then is applied. */
      committedAt: Text,
      updatedAt: Time
    })
  ),
  revealed: Schema.Boolean
})

/** `gradewire trace --employee KEY`. */
export const EmployeeTraceAnswer = Schema.Struct({
  employee: Schema.String,
  results: Schema.Array(LedgerEntry),
  /** Whether the limit left some out. */
  more: Schema.Boolean,
  links: Schema.Array(PersonLink),
  /** What still waits for something of the learners who are linked to the employee. */
  held: Schema.Array(HeldResult),
  decisions: Schema.Array(Schema.Struct({ ...personDecision, subject: Schema.String })),
  revealed: Schema.Boolean
})
