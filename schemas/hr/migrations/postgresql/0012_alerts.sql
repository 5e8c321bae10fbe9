CREATE TABLE "gradewire"."alert_state" (
	"connector" text COLLATE "C" NOT NULL,
	"speaker" text COLLATE "C" NOT NULL,
	"alert" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"since" timestamp(6) with time zone NOT NULL,
	"told_at" timestamp(6) with time zone,
	"text" text NOT NULL,
	"updated_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "alert_state_pk" PRIMARY KEY("connector","speaker","alert","subject")
);
--> statement-breakpoint
CREATE VIEW gradewire.alerts AS
SELECT connector, speaker, alert, subject, since, told_at, text, updated_at
FROM gradewire.alert_state;
--> statement-breakpoint
COMMENT ON TABLE gradewire.alert_state IS 'Alerts that hold, or whose end nobody has been told yet: what a process that starts has to know.';
COMMENT ON COLUMN gradewire.alert_state.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.alert_state.speaker IS 'Roles and lanes of the process that says it; each such process speaks for its own.';
COMMENT ON COLUMN gradewire.alert_state.alert IS 'Name of the alert, a heading of docs/alerts.md.';
COMMENT ON COLUMN gradewire.alert_state.subject IS 'Role, stage or system that it is about; empty: the connector.';
COMMENT ON COLUMN gradewire.alert_state.since IS 'Since when it holds.';
COMMENT ON COLUMN gradewire.alert_state.told_at IS 'When people were last told; null: not yet, or the hours are quiet.';
COMMENT ON COLUMN gradewire.alert_state.text IS 'What is wrong, in a sentence.';
COMMENT ON COLUMN gradewire.alert_state.updated_at IS 'When the process last wrote this.';
COMMENT ON VIEW gradewire.alerts IS 'Alerts that hold as the processes said last.';
COMMENT ON COLUMN gradewire.alerts.connector IS 'Name of the connector.';
COMMENT ON COLUMN gradewire.alerts.speaker IS 'Roles and lanes of the process that says it; each such process speaks for its own.';
COMMENT ON COLUMN gradewire.alerts.alert IS 'Name of the alert, a heading of docs/alerts.md.';
COMMENT ON COLUMN gradewire.alerts.subject IS 'Role, stage or system that it is about; empty: the connector.';
COMMENT ON COLUMN gradewire.alerts.since IS 'Since when it holds.';
COMMENT ON COLUMN gradewire.alerts.told_at IS 'When people were last told; null: not yet, or the hours are quiet.';
COMMENT ON COLUMN gradewire.alerts.text IS 'What is wrong, in a sentence.';
COMMENT ON COLUMN gradewire.alerts.updated_at IS 'When the process last wrote this.';
--> statement-breakpoint
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gradewire_reader') THEN
    GRANT SELECT ON gradewire.alerts TO gradewire_reader;
  END IF;
END $$;
