import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/** Runs one workload on Kafka Streams with one thread and its defaults, told by environment. */
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) throws InterruptedException {
        StreamsBuilder builder = new StreamsBuilder();
        switch (arguments[0]) {
            case "W1" -> Orders.build(builder);
            case "W2" -> Sales.build(builder);
            case "W3" -> Pairs.build(builder);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), settings());
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(15));
            ended.countDown();
        }));
        streams.setUncaughtExceptionHandler(problem -> {
            problem.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        ended.await();
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, told("BROKER"));
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, told("APP_ID"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, told("DATA_DIR"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee());
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        // By default a member that ends stays in the group for 45 s, and its successor waits.
        settings.put(StreamsConfig.consumerPrefix("internal.leave.group.on.close"), true);
        // By default a window is told of once a second of wall time at most, and W2's last ones
        // not before the next record after that.
        settings.put("__emit.interval.ms.kstreams.windowed.aggregation__", 50L);
        if (!told("COMMIT_MS").isEmpty()) {
            settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, told("COMMIT_MS"));
            // The producer's linger under Kafka Streams is 100 ms where nothing commits sooner.
            settings.put(StreamsConfig.producerPrefix("linger.ms"), 0);
        }
        return settings;
    }

    private static String guarantee() {
        boolean exactly = told("GUARANTEE").equals("exactly_once");
        return exactly ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE;
    }

    /** A part of the job. */
    static String told(String name) {
        return System.getenv("BENCH_" + name);
    }
}
