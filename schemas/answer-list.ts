/**
 * Every form in which a command answers programs: the file in schemas/json, the commands that answer so, the schema. A test walks
 * the command tree and finds the one that is missing here.
 */
import {
  ControlAnswer,
  HistoryAnswer,
  LagAnswer,
  MoveAnswer,
  RepairAnswer,
  ReportCheckAnswer,
  ReportListAnswer,
  StatusAnswer,
  VerifyAnswer
} from "./answers.ts"
import {
  AsideAnswer,
  DeadLettersAnswer,
  EmployeeTraceAnswer,
  HeldAnswer,
  HeldOneAnswer,
  LetterAnswer,
  RelinkAnswer,
  ResolutionAnswer,
  SettlementAnswer,
  TraceAnswer
} from "./answers-people.ts"
import {
  AlertsTestAnswer,
  CheckAnswer,
  ErrorAnswer,
  EventAnswer,
  ExplainAnswer,
  ExplainListAnswer,
  LanesAnswer,
  MigrateAnswer,
  RenderAnswer,
  SnapshotAnswer,
  ValidAnswer
} from "./answers-setup.ts"
import { IdentityCoverage } from "./identity-coverage.ts"
import { ReconciliationReport } from "./reconciliation-report.ts"
import { OffsetList } from "./stage-offset.ts"

export const ANSWER_SCHEMAS = {
  "alerts-test": { commands: ["alerts test"], schema: AlertsTestAnswer },
  check: { commands: ["check"], schema: CheckAnswer },
  "config-render": { commands: ["config render"], schema: RenderAnswer },
  "config-validate": { commands: ["config validate"], schema: ValidAnswer },
  control: { commands: ["pause", "resume", "throttle"], schema: ControlAnswer },
  "deadletter-list": { commands: ["deadletters list"], schema: DeadLettersAnswer },
  "deadletter-settlement": {
    commands: ["deadletters replay", "deadletters discard"],
    schema: SettlementAnswer
  },
  "deadletter-show": { commands: ["deadletters show"], schema: LetterAnswer },
  error: { commands: [], schema: ErrorAnswer },
  "event-show": { commands: ["events show", "events tail"], schema: EventAnswer },
  explain: { commands: ["explain"], schema: ExplainAnswer },
  "explain-list": { commands: ["explain"], schema: ExplainListAnswer },
  "held-aside": { commands: ["held ignore", "held restore"], schema: AsideAnswer },
  "held-list": { commands: ["held list"], schema: HeldAnswer },
  "held-relink": { commands: ["held relink"], schema: RelinkAnswer },
  "held-resolution": { commands: ["held resolve", "held import"], schema: ResolutionAnswer },
  "held-show": { commands: ["held show"], schema: HeldOneAnswer },
  "identity-coverage": { commands: ["check identity"], schema: IdentityCoverage },
  lag: { commands: ["lag"], schema: LagAnswer },
  lanes: { commands: ["lanes set"], schema: LanesAnswer },
  migrate: { commands: ["migrate"], schema: MigrateAnswer },
  "offset-history": { commands: ["offsets history"], schema: HistoryAnswer },
  "offset-list": { commands: ["offsets list", "offsets show"], schema: OffsetList },
  "offset-move": { commands: ["offsets reset", "offsets restore"], schema: MoveAnswer },
  "reconciliation-report": { commands: ["report show"], schema: ReconciliationReport },
  repair: { commands: ["repair"], schema: RepairAnswer },
  "report-check": { commands: ["report check"], schema: ReportCheckAnswer },
  "report-list": { commands: ["report list"], schema: ReportListAnswer },
  snapshot: {
    commands: ["snapshot status", "snapshot start", "snapshot pause", "snapshot resume", "snapshot cancel"],
    schema: SnapshotAnswer
  },
  status: { commands: ["status"], schema: StatusAnswer },
  trace: { commands: ["trace"], schema: TraceAnswer },
  "trace-employee": { commands: ["trace"], schema: EmployeeTraceAnswer },
  verify: { commands: ["verify"], schema: VerifyAnswer }
} as const
