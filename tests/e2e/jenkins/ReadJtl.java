import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * Reads a JTL file by the rules of Jenkins' Performance plugin, with the library that it reads them with, and prints of
 * each label: samples, failures, mean, percentiles 0, 50, 90, 95, 99 and 100, and bytes in all, separated by tabs.
 */
public final class ReadJtl {
    private static final double[] PERCENTILES = {0, 50, 90, 95, 99, 100};

    private static final class Label {
        final List<Long> durations = new ArrayList<>();
        long failures;
        long bytes;
    }

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        String first = Files.readAllLines(file, StandardCharsets.UTF_8).get(0);
        char delimiter = (char) first.chars().filter(code -> !Character.isLetter(code)).findFirst().orElseThrow();
        String[] names = first.split(String.valueOf(delimiter));
        CSVFormat format = CSVFormat.Builder.create()
                .setDelimiter(delimiter).setHeader(names).setQuote('"').setSkipHeaderRecord(true).build();
        Map<String, Label> labels = new TreeMap<>();
        try (var reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (CSVRecord row : format.parse(reader)) {
                Long.parseLong(row.get("timeStamp"));
                Label label = labels.computeIfAbsent(row.get("label"), name -> new Label());
                label.durations.add(Long.parseLong(row.get("elapsed")));
                label.bytes += Long.parseLong(row.get("bytes")) + Long.parseLong(row.get("sentBytes"));
                label.failures += Boolean.parseBoolean(row.get("success")) ? 0 : 1;
            }
        }
        labels.forEach(ReadJtl::print);
    }

    private static void print(String name, Label label) {
        List<Long> durations = label.durations;
        Collections.sort(durations);
        StringBuilder line = new StringBuilder(name).append('\t').append(durations.size()).append('\t').append(label.failures);
        double mean = durations.stream().mapToLong(Long::longValue).average().orElse(0);
        line.append(String.format(Locale.ROOT, "\t%.3f", mean));
        for (double percentile : PERCENTILES) {
            int place = (int) (durations.size() * (percentile / 100)) - 1;
            line.append('\t').append(durations.get(Math.min(durations.size() - 1, Math.max(0, place))));
        }
        System.out.println(line.append('\t').append(label.bytes));
    }
}
