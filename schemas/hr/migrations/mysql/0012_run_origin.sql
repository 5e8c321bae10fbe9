-- MySQL knows no ADD COLUMN IF NOT EXISTS; every statement here can be repeated.
SET @gradewire_sql = (SELECT if(count(*) = 0,
  'ALTER TABLE `gradewire`.`reconciliation_run` ADD COLUMN `origin` json NULL COMMENT ''Versions and servers that it compared with; null: an older version ran it.''',
  'DO 0') FROM information_schema.columns
  WHERE table_schema = 'gradewire' AND table_name = 'reconciliation_run' AND column_name = 'origin');
--> statement-breakpoint
PREPARE gradewire_statement FROM @gradewire_sql;
--> statement-breakpoint
EXECUTE gradewire_statement;
--> statement-breakpoint
DEALLOCATE PREPARE gradewire_statement;
