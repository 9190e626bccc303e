import java.util.*;
import java.util.stream.*;

class Main {
	public static void main(String[] args) {
		List<String> words = new Scanner(System.in).tokens().collect(Collectors.toList());
		words.sort(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
		words.forEach(System.out::println);
		int[] lengths = words.stream().mapToInt(String::length).sorted().toArray();
		int middle = lengths.length / 2;
		double median = lengths.length % 2 == 1 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2.0;
		System.out.printf(Locale.ROOT, "median %.1f%n", median);
	}
}
