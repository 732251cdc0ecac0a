import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/** W2: count and sum a product and minute, told when the window closes. */
final class Sales {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration GRACE = Duration.ofSeconds(10);

    private Sales() {}

    static final class Sale {
        public String saleId;
        public String productId;
        public int qty;
        public long amount;
        public long at;
    }

    record Closed(String product, long start, long count, long sum) {}

    static void build(StreamsBuilder builder) {
        builder.stream(Bench.told("INPUTS"), Consumed.with(Serdes.String(), Json.serde(Sale.class)))
            .groupByKey(Grouped.with(Serdes.String(), Json.serde(Sale.class)))
            .windowedBy(TimeWindows.ofSizeAndGrace(MINUTE, GRACE))
            .emitStrategy(EmitStrategy.onWindowClose())
            .aggregate(
                () -> Figures.NONE,
                (product, sale, row) -> row.plus(sale.amount),
                Materialized.<String, Figures, WindowStore<Bytes, byte[]>>as("windows")
                    .withKeySerde(Serdes.String())
                    .withValueSerde(Figures.SERDE))
            .toStream((window, row) -> window.key() + "|" + window.window().start())
            .map((key, row) -> closed(key, row))
            .to(Bench.told("OUTPUT"), Produced.with(Serdes.String(), Serdes.ByteArray()));
    }

    private static org.apache.kafka.streams.KeyValue<String, byte[]> closed(String key, Figures row) {
        int cut = key.lastIndexOf('|');
        String product = key.substring(0, cut);
        long start = Long.parseLong(key.substring(cut + 1));
        return org.apache.kafka.streams.KeyValue.pair(
            product, Json.write(new Closed(product, start, row.count(), row.total())));
    }
}
