"""Daily reports: what ended, travelled, was paid and subscribed to on a day of the calendar.

Each partition counts what it sees, day by day; a while after midnight it tells the sums of the
day that is over, once; whoever has the sums of all partitions draws the report. Counts are whole
numbers in cells (`streams.pulse.tally`), so the sums are exact in any order. A record that comes
after its day was told counts on the first day that was not, and as late there: every record is
in exactly one report, and no report is ever edited.

- `rules`: every figure.
- `days`: which day a record counts on, and which report is due.
- `journeys`: what is known of an order, and the counts that follow as it goes on.
- `payments`, `subscriptions`: the counts of their messages, which need no memory.
- `rows`, `reports`: the reports as rows, and the day's OrderMetricsCalculated (ADR-013).
"""
