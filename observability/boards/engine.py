"""The workers themselves."""

from observability.panels import Board, Panel, Query

ENGINE = Board(
    "engine",
    "engine",
    "Throughput, delay, recovery and trouble of the workers themselves.",
    (
        Panel(
            "Records a second",
            (Query("flowmart:records:rate1m", "{{topic}}"),),
            "Applied, by topic.",
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Lag",
            (Query("flowmart:consumer_lag:max", "{{topic}}"),),
            "Records behind, worst partition of each topic. Alerts begin at 1,000 and 10,000.",
        ),
        Panel(
            "Commit",
            (
                Query(
                    "histogram_quantile(0.5, sum by (le)"
                    " (rate(flowmart_transaction_seconds_bucket[5m])))",
                    "p50",
                ),
                Query("flowmart:transaction_seconds:p99_5m", "p99"),
            ),
            "From taking a batch to its commit. Alerts begin at 0.5 and 2 s.",
            unit="s",
        ),
        Panel(
            "Commits and outputs a second",
            (
                Query("sum(rate(flowmart_transactions_total[1m]))", "commits"),
                Query("sum(rate(flowmart_outputs_total[1m]))", "records written"),
            ),
            "Few commits with many records each are cheap ones.",
            unit="ops",
        ),
        Panel(
            "Records of a chunk",
            (Query("flowmart:chunk_records:mean_5m", "mean"),),
            "Grows with load: batching is how the engine keeps up.",
        ),
        Panel(
            "New dead letters",
            (Query("flowmart:dead_letters:new5m", "{{agent}} {{topic}} {{reason}}"),),
            "In five minutes. Any is an alert.",
        ),
        Panel(
            "Timers whose handler raised",
            (Query("flowmart:timers_failed:new5m", "{{agent}} {{kind}}"),),
            "In five minutes; each is tried again every minute. Any is an alert.",
        ),
        Panel(
            "What kept a whole worker waiting",
            (
                Query(
                    "sum by (topic, agent) ((flowmart_slow_total unless flowmart_slow_total"
                    " offset 5m) or increase(flowmart_slow_total[5m]))",
                    "{{agent}} {{topic}}",
                ),
            ),
            "Chunks and ticks above FLOWMART_SLOW_MS, in five minutes; the log has the line.",
        ),
        Panel(
            "Partitions",
            (Query("flowmart_lanes_open", "{{instance}}"),),
            "Processed by each worker.",
            stacked=True,
        ),
        Panel(
            "Rebalances",
            (Query("increase(flowmart_rebalances_total[5m])", "{{instance}}"),),
            "In five minutes.",
        ),
        Panel(
            "Recovery",
            (
                Query(
                    "sum by (instance) (flowmart_recovery_remaining_records)",
                    "{{instance}}",
                ),
            ),
            "Changelog records still to read before a partition is served.",
        ),
        Panel(
            "Last recovery",
            (Query("flowmart_recovery_seconds", "{{instance}}"),),
            "How long it took.",
            unit="s",
        ),
        Panel(
            "Timers and late records",
            (
                Query("sum by (agent, kind) (rate(flowmart_timers_due_total[5m]))", "{{kind}}"),
                Query("flowmart:late_records:new5m", "late: {{agent}}"),
            ),
            "Timers fired a second; records that came after their window closed.",
        ),
        Panel(
            "Rows in memory",
            (Query("flowmart_rows_cached", "{{instance}}"),),
            "Decoded rows; bounded by FLOWMART_ROWS_CACHED_MAX a table and partition.",
        ),
        Panel(
            "Stores",
            (Query("flowmart_store_bytes", "{{instance}}"),),
            "On disk and, until it is, in memory; what was overwritten goes with time.",
            unit="bytes",
        ),
        Panel(
            "Processor",
            (Query('rate(process_cpu_seconds_total{job="flowmart"}[1m])', "{{instance}}"),),
            "Share of one core; a worker can use no more. Alerts begin at 70 % and 85 %.",
            unit="percentunit",
        ),
        Panel(
            "Memory",
            (Query('process_resident_memory_bytes{job="flowmart"}', "{{instance}}"),),
            "Alerts begin at 80 % and 90 % of flowmart:memory_limit_bytes.",
            unit="bytes",
        ),
    ),
)
