DROP INDEX "spans_trace_parent_index";
