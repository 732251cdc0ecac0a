import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;

/** W3: orders joined with payments at most 15 minutes apart. */
final class Pairs {
    private static final Duration WITHIN = Duration.ofMinutes(15);
    private static final Duration GRACE = Duration.ofHours(1);

    private Pairs() {}

    static final class Order {
        public String orderId;
        public String customerId;
        public long total;
        public long at;
    }

    static final class Payment {
        public String paymentId;
        public String orderId;
        public long amount;
        public String method;
        public long at;
    }

    record Pair(String orderId, long total, String paymentId, long amount) {}

    static void build(StreamsBuilder builder) {
        String[] inputs = Bench.told("INPUTS").split(",");
        Serde<Order> order = Json.serde(Order.class);
        Serde<Payment> payment = Json.serde(Payment.class);
        KStream<String, Order> orders =
            builder.stream(inputs[0], Consumed.with(Serdes.String(), order));
        KStream<String, Payment> payments =
            builder.stream(inputs[1], Consumed.with(Serdes.String(), payment));
        orders.join(
                payments,
                (placed, paid) -> Json.write(
                    new Pair(placed.orderId, placed.total, paid.paymentId, paid.amount)),
                JoinWindows.ofTimeDifferenceAndGrace(WITHIN, GRACE),
                StreamJoined.with(Serdes.String(), order, payment))
            .to(Bench.told("OUTPUT"), Produced.with(Serdes.String(), Serdes.ByteArray()));
    }
}
