import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/** W1: a row a customer, every tenth order passed on byte by byte. */
final class Orders {
    private static final ObjectReader READER = Json.reader(Order.class);
    private static final boolean ALL = Bench.told("COPY_ALL").equals("1");

    private Orders() {}

    static final class Line {
        public String sku;
        public int qty;
        public double price = -1;

        boolean isValid() {
            return sku != null && !sku.isEmpty() && qty >= 1 && qty <= 100 && price >= 0;
        }
    }

    static final class Order {
        public String orderId;
        public String customerId;
        public List<Line> lines;
        public String ts;

        boolean isValid() {
            return orderId != null && !orderId.isEmpty()
                && customerId != null && !customerId.isEmpty()
                && ts != null && lines != null && !lines.isEmpty()
                && lines.stream().allMatch(Line::isValid);
        }

        int units() {
            int units = 0;
            for (Line line : lines) {
                units += line.qty;
            }
            return units;
        }
    }

    /** An order with the bytes it came in. */
    record Placed(Order order, byte[] bytes) {}

    static void build(StreamsBuilder builder) {
        KStream<String, Placed> orders = builder
            .stream(Bench.told("INPUTS"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .mapValues(Orders::parse)
            .filter((customer, placed) -> placed != null);
        orders.groupByKey(Grouped.with(Serdes.String(), null))
            .aggregate(
                () -> Figures.NONE,
                (customer, placed, row) -> row.plus(placed.order.units()),
                Materialized.<String, Figures, KeyValueStore<Bytes, byte[]>>as("customers")
                    .withKeySerde(Serdes.String())
                    .withValueSerde(Figures.SERDE));
        orders.filter((customer, placed) -> ALL || placed.order.orderId.endsWith("0"))
            .mapValues(Placed::bytes)
            .to(Bench.told("OUTPUT"), Produced.with(Serdes.String(), Serdes.ByteArray()));
    }

    private static Placed parse(byte[] bytes) {
        try {
            Order order = READER.readValue(bytes);
            return order.isValid() ? new Placed(order, bytes) : null;
        } catch (IOException problem) {
            return null;
        }
    }
}
