DROP INDEX "spans_project_error_rows_index";
