ALTER TABLE "gradewire"."reconciliation_run" ADD COLUMN "origin" jsonb;
--> statement-breakpoint
COMMENT ON COLUMN gradewire.reconciliation_run.origin IS 'Versions and servers that it compared with; null: an older version ran it.';
