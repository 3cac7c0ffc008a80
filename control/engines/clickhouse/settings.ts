import { ClickHouseError } from "./errors.ts";
import { quoteString, toByteString } from "./tokens.ts";

/** Bounds on what one statement may take. */
export type Limits = {
  readonly executionMs: number;
  readonly memoryBytes: number;
};

/** Settings that a caller may give; everything else is refused, as what it does is not known. */
const allowed = new Set(
  `max_threads max_insert_threads max_block_size max_insert_block_size min_insert_block_size_rows
  min_insert_block_size_bytes max_result_rows max_result_bytes result_overflow_mode max_rows_to_read
  max_bytes_to_read read_overflow_mode max_execution_time timeout_overflow_mode max_memory_usage
  max_bytes_before_external_group_by max_bytes_before_external_sort max_rows_to_group_by
  group_by_overflow_mode insert_deduplication_token insert_deduplicate deduplicate_insert
  deduplicate_blocks_in_dependent_materialized_views deduplicate_insert_select materialized_views_ignore_errors
  parallel_view_processing fsync_metadata join_algorithm join_use_nulls group_by_use_nulls
  max_partitions_per_insert_block optimize_read_in_order optimize_aggregation_in_order
  optimize_move_to_prewhere optimize_skip_unused_shards do_not_merge_across_partitions_select_final final
  use_skip_indexes mutations_sync alter_sync lightweight_deletes_sync allow_experimental_lightweight_delete
  date_time_input_format date_time_output_format output_format_json_quote_64bit_integers
  output_format_json_quote_denormals output_format_json_quote_64bit_floats output_format_json_quote_decimals
  output_format_json_named_tuples_as_objects output_format_decimal_trailing_zeros
  output_format_binary_write_json_as_string output_format_csv_crlf_end_of_line output_format_write_statistics
  output_format_native_write_json_as_string output_format_native_encode_types_in_binary_format
  output_format_json_array_of_rows format_csv_delimiter format_csv_null_representation
  input_format_skip_unknown_fields input_format_null_as_default input_format_defaults_for_omitted_fields
  input_format_allow_errors_num input_format_allow_errors_ratio input_format_import_nested_json
  input_format_json_read_numbers_as_strings input_format_json_read_bools_as_numbers
  input_format_json_read_objects_as_strings input_format_csv_empty_as_default input_format_csv_skip_first_lines
  input_format_tsv_empty_as_default input_format_with_names_use_header input_format_with_types_use_header
  input_format_binary_read_json_as_string input_format_parallel_parsing input_format_values_deduce_templates_of_expressions
  allow_experimental_json_type allow_experimental_object_type allow_experimental_variant_type
  allow_experimental_dynamic_type allow_suspicious_low_cardinality_types enable_json_type
  allow_simdjson cast_keep_nullable extremes totals_mode max_columns_to_read session_timezone
  prefer_localhost_replica distributed_product_mode union_default_mode use_uncompressed_cache
  log_comment log_queries optimize_throw_if_noop optimize_on_insert select_sequential_consistency
  enable_filesystem_cache max_query_size max_ast_elements max_expanded_ast_elements join_default_strictness
  short_circuit_function_evaluation max_temporary_columns partial_merge_join_optimizations load_balancing
  validate_polygons allow_hyperscan count_distinct_implementation transform_null_in
  input_format_json_ignore_unknown_keys_in_named_tuple output_format_pretty_color
  date_time_64_output_format_cut_trailing_zeros_align_to_groups_of_thousands`.split(/\s+/),
);

/** Settings that only mean something between a client and a server, or that have no meaning here. */
const withoutEffect = new Set(
  `wait_end_of_query send_progress_in_http_headers http_headers_progress_interval_ms buffer_size
  enable_http_compression http_zlib_compression_level compress decompress readonly role
  async_insert wait_for_async_insert async_insert_busy_timeout_ms async_insert_max_data_size
  async_insert_deduplicate cancel_http_readonly_queries_on_client_close stacktrace http_write_exception_in_output_format
  network_compression_method connect_timeout send_timeout receive_timeout http_connection_timeout
  http_send_timeout http_receive_timeout add_http_cors_header quota_key client_protocol_version
  max_query_size max_ast_elements prefer_localhost_replica load_balancing`.split(/\s+/),
);

/** Checks one setting by its name and value; undefined when it has no effect here. */
export function admitSetting(name: string, value: string): string | undefined {
  if (withoutEffect.has(name)) return undefined;
  if (!allowed.has(name)) {
    throw new ClickHouseError(
      "SETTING_CONSTRAINT_VIOLATION",
      `Setting ${name} should not be changed: it is not on the embedded engine's list`,
    );
  }
  if (value.length > 1_024) {
    throw new ClickHouseError("BAD_ARGUMENTS", `Setting ${name} is longer than 1024 bytes`);
  }
  return value;
}

/**
 * The SETTINGS clause of a statement. Settings reach the engine in no other way, because whatever
 * is set on a session stays for its next statement.
 */
export function settingsClause(settings: ReadonlyMap<string, string>): string {
  if (settings.size === 0) return "";
  const pairs = [...settings].map(([name, value]) => `${name} = ${literal(value)}`);
  return ` SETTINGS ${pairs.join(", ")}`;
}

function literal(value: string): string {
  return /^\d{1,18}(?:\.\d{1,9})?$/.test(value) ? value : quoteString(toByteString(value));
}

/** Merges in order of rising weight: defaults, parameters, the statement's own; then caps. */
export function mergeSettings(
  sources: readonly ReadonlyMap<string, string>[],
  limits: Limits,
): Map<string, string> {
  const merged = new Map<string, string>();
  for (const source of sources) {
    for (const [name, value] of source) {
      const admitted = admitSetting(name, value);
      if (admitted !== undefined) merged.set(name, admitted);
    }
  }
  capSetting(merged, "max_execution_time", limits.executionMs / 1_000);
  capSetting(merged, "max_memory_usage", limits.memoryBytes);
  merged.delete("timeout_overflow_mode");
  return merged;
}

/** 0 means "no limit" to the engine, so it is the cap. */
export function capSetting(settings: Map<string, string>, name: string, max: number): void {
  const given = Number(settings.get(name) ?? 0);
  const isWithin = Number.isFinite(given) && given > 0 && given < max;
  settings.set(name, String(isWithin ? given : max));
}
