CREATE TABLE "gradewire"."employee_reading" (
	"connector" text COLLATE "C" NOT NULL,
	"rules" text NOT NULL,
	"completed_at" timestamp(6) with time zone NOT NULL,
	"employees" bigint NOT NULL,
	"spellings" bigint NOT NULL,
	CONSTRAINT "employee_reading_pk" PRIMARY KEY("connector")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."employee_spelling" (
	"connector" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"source" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"employee_key" text COLLATE "C" NOT NULL,
	"raw" text COLLATE "C" NOT NULL,
	CONSTRAINT "employee_spelling_pk" PRIMARY KEY("connector","kind","source","value","employee_key")
);
--> statement-breakpoint
COMMENT ON TABLE gradewire.employee_spelling IS 'Keys of employees that HR spells in unusual ways, by their canonical form.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.connector IS 'Name of the connector.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.kind IS 'employeeNo, phone or email.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.source IS 'Column of the employee table.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.value IS 'Canonical form of the key.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.employee_key IS 'The employee, as the employee table names them.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_spelling.raw IS 'As HR spells it; the entry counts while HR does.';
--> statement-breakpoint
COMMENT ON TABLE gradewire.employee_reading IS 'When the whole employee table was last read.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_reading.connector IS 'Name of the connector.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_reading.rules IS 'What the reading depended on: table, columns, rules.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_reading.completed_at IS 'When it was completed.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_reading.employees IS 'Rows it had.';
--> statement-breakpoint
COMMENT ON COLUMN gradewire.employee_reading.spellings IS 'Keys among them that are spelled in unusual ways.';
