"""Data: what the functions of an engine and of its extensions are called that reach outside of their arguments."""

from app.connectors.sql_gate.words import words

CLOSED = words("""
add_job add_parquet_key amvalidate get_block_size arrow_scan assert_true autoinc benchmark bm25 changes checkpoint
cluster cmdshell collations connectby connection_id copy_database crosstab crosstab2 crosstab3 crosstab4 crosstabn
current_connection_id current_query current_query_id current_role current_setting current_transaction_id
current_user currtid2 currval cursor_to_xml cursor_to_xmlschema database database_list database_size dbdata dbgen
dbpage define delete_job dictget drop_chunks dsdgen edit eval extension_versions external_query file found_rows
from_substrait from_substrait_json fsdir fts3_tokenizer fts5 functions get_lock get_raw_page get_substrait
get_substrait_json getenv getpgusername getvariable glob hdfs highlight import_database inet_client_addr
inet_client_port inet_server_addr inet_server_port input invoke is_free_lock is_used_lock isn_weak jdbc
json_deserialize_sql json_execute_serialized_sql json_serialize_plan json_serialize_sql last_insert_id
last_insert_rowid lastval load_extension load_file lsdir master_pos_wait matchinfo metadata_info moddatetime
mxid_age nextval numbers_mt odbc offsets opendatasource openquery openrowset optimize pandas_scan
parse_duckdb_log_message pgrowlocks pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx
platform plpgsql_validator python_map_function query query_table readfile release_all_locks release_lock remote
remotesecure result_scan row_count rtreecheck rtreedepth rtreenode run_job s3 satisfies_hash_partition schema
seq_scan session_user set_config set_limit setseed setval sha3_query show show_chunks show_limit sleep sleepeachrow
sniff_csv snippet sqlar_compress sqlar_uncompress storage_info summary suppress_redundant_updates_trigger sys_eval
sys_exec sys_get sys_set system_user table_info total_changes tpcds tpcds_queries tpch tpch_queries ts_rewrite
ts_stat tuple_data_split txid_status url user user_agent verify_heapam version vss_join vss_match which_secret
write_log writefile xml_valid xmlvalidate xpath_bool xpath_list xpath_nodeset xpath_number xpath_string xpath_table
xslt_process zipfile zipfile_cds
""")
"""Names known to read files, settings, sessions, other tables or servers, or to run text as SQL."""
