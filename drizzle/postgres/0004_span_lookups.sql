CREATE INDEX "spans_project_error_rows_index" ON "spans" USING btree ("project_id","id") WHERE "spans"."status_code" = 'ERROR';
--> statement-breakpoint
-- The sums over all traces of a project, beside those of each hour: the same sketch as in 0003.
INSERT INTO "project_buckets"
	SELECT "project_id", -1000000000, 0, sum(n), sum(s), sum(e), sum(p), sum(c),
		string_agg(int2send("range"::int2) || int4send(n::int4), ''::bytea ORDER BY "range")
	FROM (SELECT "project_id",
			CASE WHEN "end_time" - "start_time" < 1 THEN -1 ELSE ceil(ln(("end_time" - "start_time")::float8) / ln(1.01::float8 / 0.99::float8)) END AS "range",
			count(*) AS n, sum("span_count") AS s, sum("error_count") AS e, sum("prompt_tokens") AS p, sum("completion_tokens") AS c
		FROM "traces" GROUP BY 1, 2) r
	GROUP BY 1;
