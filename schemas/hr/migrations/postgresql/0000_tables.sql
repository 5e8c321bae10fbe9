CREATE TABLE "gradewire"."apply_offset" (
	"connector" text COLLATE "C" NOT NULL,
	"lane" smallint DEFAULT 0 NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"generation" bigint DEFAULT 0 NOT NULL,
	"stream_sequence" bigint DEFAULT 0 NOT NULL,
	"anchor_file" text,
	"anchor_position" bigint,
	"anchor_gtid" text,
	"anchor_server" text,
	"anchor_timeline" integer,
	"committed_at" timestamp(6) with time zone,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"holder" text NOT NULL,
	"updated_at" timestamp(6) with time zone NOT NULL,
	"changed_at" timestamp(6) with time zone,
	"changed_committed_at" timestamp(6) with time zone,
	"events" bigint DEFAULT 0 NOT NULL,
	"applied" bigint DEFAULT 0 NOT NULL,
	"stale" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"released" bigint DEFAULT 0 NOT NULL,
	"dead" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "apply_offset_pk" PRIMARY KEY("connector","lane")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."assessment_directory" (
	"connector" text COLLATE "C" NOT NULL,
	"assessment_id" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"title" text,
	"max" numeric,
	"pass" numeric,
	"removed" boolean DEFAULT false NOT NULL,
	CONSTRAINT "assessment_directory_pk" PRIMARY KEY("connector","assessment_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."dead_letter" (
	"connector" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"result_id" text COLLATE "C",
	"type" text NOT NULL,
	"event_id" text NOT NULL,
	"event" json NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"state" text NOT NULL,
	"at" timestamp(6) with time zone NOT NULL,
	"updated_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "dead_letter_pk" PRIMARY KEY("connector","position")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."held_change" (
	"connector" text COLLATE "C" NOT NULL,
	"result_id" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"event" jsonb NOT NULL,
	"learner_id" text COLLATE "C",
	"reason" text NOT NULL,
	"candidates" integer DEFAULT 0 NOT NULL,
	"held_at" timestamp(6) with time zone NOT NULL,
	"updated_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "held_change_pk" PRIMARY KEY("connector","result_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."learner_directory" (
	"connector" text COLLATE "C" NOT NULL,
	"learner_id" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"employee_no" text,
	"phone" text,
	"email" text,
	"name" text,
	"removed" boolean DEFAULT false NOT NULL,
	CONSTRAINT "learner_directory_pk" PRIMARY KEY("connector","learner_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."person_link" (
	"connector" text COLLATE "C" NOT NULL,
	"learner_id" text COLLATE "C" NOT NULL,
	"employee_key" text NOT NULL,
	"rule" text NOT NULL,
	"linked_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "person_link_pk" PRIMARY KEY("connector","learner_id")
);
--> statement-breakpoint
CREATE TABLE "gradewire"."result_ledger" (
	"connector" text COLLATE "C" NOT NULL,
	"result_id" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"event_id" text NOT NULL,
	"state" text NOT NULL,
	"learner_id" text COLLATE "C",
	"employee_key" text,
	"row_key" jsonb,
	"applied_at" timestamp(6) with time zone NOT NULL,
	CONSTRAINT "result_ledger_pk" PRIMARY KEY("connector","result_id")
);
--> statement-breakpoint
CREATE INDEX "dead_letter_unresolved" ON "gradewire"."dead_letter" USING btree ("connector","result_id","position") WHERE state in ('open', 'waiting', 'replay');--> statement-breakpoint
CREATE INDEX "held_change_learner" ON "gradewire"."held_change" USING btree ("connector","learner_id");