ALTER TABLE `users` DROP COLUMN `disabled_by_directory`;
--> statement-breakpoint
DROP TABLE `directory_sync`;
